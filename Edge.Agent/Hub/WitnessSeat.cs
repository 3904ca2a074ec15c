using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Trust;
using Edge.Storage.Witnessing;

namespace Edge.Agent.Hub;

/// <summary>The place of a witness at an agency's broker: in the agency's own folder, or in one that <see cref="Admit"/> made for somebody
/// else, which holds the broker's address, the boxes' public keys and a certificate, and nothing of the agency's that is secret.</summary>
public sealed class WitnessSeat
{
    private const string Own = "witness";

    private readonly AgencyFolder _folder;
    private readonly string _agency;
    private readonly BrokerAddress _broker;

    internal WitnessSeat(AgencyFolder folder, string agency, BrokerAddress broker) => (_folder, _agency, _broker) = (folder, agency, broker);

    /// <summary>True in a folder that was made for somebody else.</summary>
    private bool IsAdmitted => File.Exists(_folder.AdmittedAs);

    /// <summary>Becomes the witness: its key is made at the first time.</summary>
    /// <exception cref="Edge.Storage.Database.StateBusyException">Another process is this witness.</exception>
    /// <exception cref="IOException">The disk refused, or the key is damaged.</exception>
    public LogWitness Open(TimeProvider time) => LogWitness.Open(_folder.Witness, KeyName, time);

    /// <summary>The witness's public key, made if there is none; also while it is at work.</summary>
    public NoteKey PublicKey()
    {
        if (LogWitness.KeyOf(_folder.Witness, KeyName) is { } key) return key;
        using var made = Open(TimeProvider.System);
        return made.Key;
    }

    /// <summary>The key of the agency's log of publications; null where it has none, or where it was not handed over.</summary>
    /// <exception cref="AgencyException">The file is not a key.</exception>
    public NoteKey? Publications => !File.Exists(_folder.PublicationsVkey) ? null
        : NoteKey.TryParse(File.ReadAllText(_folder.PublicationsVkey).Trim(), out var key) ? key
        : throw new AgencyException($"{_folder.PublicationsVkey} is not a key: carry it over again from the agency's folder");

    /// <summary>The key of a log by its origin, of an enrolled box or of the publications; null for any other. Boxes enrolled meanwhile are found.</summary>
    public NoteKey? LogOf(string origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        if (origin == PublicationLog.OriginOf(_agency)) return Publications;
        var prefix = $"edge/v1/{_agency}/";
        if (!origin.StartsWith(prefix, StringComparison.Ordinal) || !PartyName.IsValid(origin[prefix.Length..])) return null;
        return KnownBox.TryParse(Bytes(_folder.Box(origin[prefix.Length..])), out var box, out _) && box.Log.Name == origin ? box.Log : null;
    }

    /// <summary>Asks another witness over HTTP for what boxes offer here.</summary>
    public WitnessRelay Relay(HttpWitness asked) => new(asked, _folder.At("relayed"));

    /// <summary>How it reaches the broker. An agency's own gets its certificate here.</summary>
    /// <exception cref="AgencyException">The CA cannot be used.</exception>
    public LinkSettings Link(BrokerAddress? broker, DateTimeOffset now)
    {
        var certificates = _folder.Certificates(Own);
        if (!File.Exists(certificates.CertificateFile))
        {
            using var authority = CertificateAuthority.Open(_folder.Tls);
            authority.CreateClient(_folder.Tls, Own, _agency, Own, now);
        }
        return new LinkSettings(broker ?? _broker, certificates, $"{_agency}-{ClientOf(Name)}");
    }

    /// <summary>Whether the policy in this folder names the witness; null where there is no policy.</summary>
    public bool? IsNamed(NoteKey witness) => Policy.TryParse(Bytes(Path.Combine(_folder.Trust, TrustPath.Policy)), out var policy, out _)
        ? policy.Witnesses.Keys.Contains(witness) : null;

    /// <summary>Makes <c>to-witness/{name}</c> for somebody else to carry away.</summary>
    /// <param name="access">What the broker's access list needs.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="AgencyException">The name is none, the folder is there already, or this is not the agency.</exception>
    public string Admit(string name, DateTimeOffset now, out string access)
    {
        if (!PartyName.IsValid(name)) throw new AgencyException($"a witness's name {PartyName.Rule}");
        if (name == Own) throw new AgencyException($"{Own} is the name of the agency's own witness: choose another, for example ombudsman");
        if (IsAdmitted) throw new AgencyException($"{_folder.Path} is a witness's folder: only the agency admits others");
        var seat = new AgencyFolder(_folder.At($"to-witness/{name}"));
        if (Directory.Exists(seat.Path)) throw new AgencyException($"{seat.Path} is there already: delete it if it was carried over or not used");
        foreach (var made in new[] { _folder.At("to-witness"), seat.Path, seat.Tls, seat.Boxes }) Directory.CreateDirectory(made, AgencyFolder.OwnerOnly);
        foreach (var box in Directory.EnumerateFiles(_folder.Boxes, "*.json"))
            DurableFile.Write(seat.Box(Path.GetFileNameWithoutExtension(box)), File.ReadAllBytes(box));
        using (var authority = CertificateAuthority.Open(_folder.Tls)) authority.CreateClient(seat.Tls, Own, _agency, ClientOf(name), now);
        DurableFile.Write(Path.Combine(seat.Tls, "ca.crt"), File.ReadAllBytes(Path.Combine(_folder.Tls, "ca.crt")));
        if (File.Exists(_folder.PublicationsVkey)) DurableFile.Write(seat.PublicationsVkey, File.ReadAllBytes(_folder.PublicationsVkey));
        DurableFile.Write(seat.AdmittedAs, CanonicalJson.Write(new JsonObject { ["name"] = name }));
        DurableFile.Write(seat.Description, File.ReadAllBytes(_folder.Description)); // last: a folder with it is complete
        access = Access(_agency, ClientOf(name));
        return seat.Path;
    }

    /// <summary>Lines for the access list of a Mosquitto broker: a witness reads checkpoints and writes cosignatures, and nothing else.</summary>
    internal static string Access(string agency, string client = Own) =>
        $"user {client}\ntopic read edge/v1/{agency}/+/checkpoint\ntopic write edge/v1/{agency}/+/cosignature\n"
        + $"topic read {Topics.Publications(agency)}\ntopic write {Topics.PublicationsCosignatures(agency)}\n";

    // No box's name has '@', and none may be "witness".
    private static string ClientOf(string name) => name == Own ? Own : $"{Own}@{name}";

    private string Name => !IsAdmitted ? Own
        : StrictJson.TryRead(File.ReadAllBytes(_folder.AdmittedAs), 4096,
            fields => fields.Text("name", PartyName.IsValid, PartyName.Rule), out var name, out var problems)
            ? name : throw new AgencyException($"{_folder.AdmittedAs}: {problems[0]}; have the agency make the folder again");

    private string KeyName => IsAdmitted ? $"edge/v1/{_agency}/{Own}/{Name}" : $"edge/v1/{_agency}/{Own}";

    private static byte[] Bytes(string file) => File.Exists(file) ? File.ReadAllBytes(file) : [];
}
