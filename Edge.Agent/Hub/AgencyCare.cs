using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Governance;
using Edge.Agent.Matching;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>Something that only people can do, and by when.</summary>
/// <param name="What">What ends.</param>
/// <param name="By">When it ends.</param>
/// <param name="ToDo">The command or the act that renews it.</param>
public sealed record CareDue(string What, DateTimeOffset By, string ToDo)
{
    /// <summary>True once it has ended.</summary>
    public bool IsOverdue(DateTimeOffset now) => By <= now;
}

/// <summary>What people at the agency must do soon. Pure but for the reading of the agency's public files.</summary>
internal static class AgencyCare
{
    /// <summary>Keepers meet in person, so they hear a month ahead.</summary>
    private static readonly TimeSpan ForKeepers = TimeSpan.FromDays(30);

    private static readonly TimeSpan ForEpochs = TimeSpan.FromDays(21);
    private static readonly TimeSpan ForHotlist = TimeSpan.FromDays(3);
    private static readonly TimeSpan ForCertificates = TimeSpan.FromDays(60);

    /// <summary>What ends soon or has ended, the first end first.</summary>
    public static IReadOnlyList<CareDue> Due(Agency agency, DateTimeOffset now) =>
    [
        .. Signatures(agency, now).Concat(Policy(agency, now)).Concat(Epochs(agency, now)).Concat(Operators(agency, now)).Concat(Entries(agency, now))
            .Concat(Waiting(agency)).Concat(Awaited(agency)).Concat(Certificates(agency, now)).OrderBy(due => due.By),
    ];

    private static readonly string[] CarriedOver = ["to-keepers", "to-box", "to-broker"];

    /// <summary>What is left to do though nothing ends.</summary>
    public static IReadOnlyList<string> Unfinished(Agency agency, AgencyFolder folder) =>
    [
        .. agency.Policy.Unfinished.Select(one => $"the policy, which residents read: {one}; hub policy show --source, change it, hub policy set"),
        .. CarriedOver.Where(name => folder.At(name) is var left && Directory.Exists(left) && Directory.EnumerateFileSystemEntries(left).Any())
            .Select(name => $"{name}/ still lies here, with secret keys: carry it over, then delete it"),
    ];

    /// <summary>Everything that ends, as one reads it: what boxes use first, then what is signed, then keys, people and certificates.</summary>
    public static IReadOnlyList<(string What, DateTimeOffset Until)> Ends(Agency agency)
    {
        var ends = new List<(string, DateTimeOffset)> { ("hotlist: boxes match", agency.Hotlists.Published(out _).Expires) };
        if (agency.Policy.Expires is { } end) ends.Add(("policy: boxes take orders", end));
        ends.AddRange(agency.Expiries.Select(file => ($"{file.Key}, signed", file.Value)));
        ends.Add(("the last epoch key: boxes store hits", agency.PublishedRecipients.Keys.Max(key => key.Expires)));
        ends.AddRange(agency.PublishedOperators.All.Select(one => ($"operator {one.Account}, {Duties.Write(one.Role)}", one.Expires)));
        ends.AddRange(agency.Boxes.Where(box => box.CertificateEnds is not null)
            .Select(box => ($"certificate of box {box.Name.Box}", box.CertificateEnds!.Value)));
        foreach (var file in agency.CertificateFiles)
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            ends.Add(($"certificate {Path.GetFileName(file)}", new DateTimeOffset(certificate.NotAfter.ToUniversalTime())));
        }
        return ends;
    }

    private static IEnumerable<CareDue> Signatures(Agency agency, DateTimeOffset now)
    {
        foreach (var name in new[] { TrustPath.Root, TrustPath.Targets })
            if (agency.Expiries[name] is var end && end - ForKeepers <= now)
                yield return new CareDue($"the keepers' signature on {name}", end,
                    name == TrustPath.Root ? "hub root rotate, and the keepers' hub sign"
                    : "hub recipients rotate or any other change, and the keepers' hub sign");
        // The hub renews these by itself: one that has ended says that its key is not here.
        foreach (var name in new[] { TrustPath.Timestamp, TrustPath.Snapshot, TrustPath.HotlistMetadata(agency.Name) })
            if (agency.Expiries[name] is var end && end <= now)
                yield return new CareDue($"the hub's signature on {name}", end, "restore the online keys, or hub keys rotate");
    }

    // When boxes stop matching what they have nobody here knows better than that it is before this one would end.
    private static IEnumerable<CareDue> Awaited(Agency agency) => agency.Publications.Awaited().Select(one => new CareDue(
        $"{one}", agency.Expiries[TrustPath.HotlistMetadata(one.Agency)], "hub push, and see that the policy's witnesses are at work"));

    private static IEnumerable<CareDue> Policy(Agency agency, DateTimeOffset now)
    {
        if (agency.Policy.Expires is { } end && end - ForKeepers <= now)
            yield return new CareDue("the policy, and with it every order", end, "hub policy set");
    }

    private static IEnumerable<CareDue> Epochs(Agency agency, DateTimeOffset now)
    {
        var end = agency.PublishedRecipients.Keys.Max(key => key.Expires);
        if (end - ForEpochs <= now) yield return new CareDue("the last epoch: without a key boxes store no hit", end, "hub recipients rotate");
    }

    private static IEnumerable<CareDue> Operators(Agency agency, DateTimeOffset now) => agency.PublishedOperators.All
        .Where(one => one.Expires > now && one.Expires - ForKeepers <= now)
        .Select(one => new CareDue($"the term of {one.Account}, {Duties.Write(one.Role)}", one.Expires,
            $"hub operator revoke {one.Account}, then hub operator add"));

    private static IEnumerable<CareDue> Entries(Agency agency, DateTimeOffset now)
    {
        var hotlist = agency.Hotlists.Published(out _);
        if (hotlist.Expires - ForHotlist <= now) yield return new CareDue("the hotlist: then nothing matches", hotlist.Expires, "hub hotlist publish");
        foreach (var ending in hotlist.Entries.Where(entry => entry.Expires > now && entry.Expires - ForHotlist <= now).GroupBy(entry => entry.Case))
            yield return new CareDue(string.Create(CultureInfo.InvariantCulture,
                $"case {ending.Key}: {ending.Count()} hotlist entr{(ending.Count() == 1 ? "y" : "ies")}"),
                ending.Min(entry => entry.Expires), "if the case goes on, list it again; if not, nothing");
    }

    private static IEnumerable<CareDue> Waiting(Agency agency) => agency.Ceremony.Proposal.Files.Where(file => file.Missing > 0).Select(file =>
        new CareDue(string.Create(CultureInfo.InvariantCulture, $"the change of {file.File} that waits for {file.Missing} signature(s)"), file.Expires,
            "hub sign, or hub discard"));

    private static IEnumerable<CareDue> Certificates(Agency agency, DateTimeOffset now)
    {
        foreach (var box in agency.Boxes)
            if (box.CertificateEnds is { } ends && ends - ForCertificates <= now)
                yield return new CareDue($"the certificate of box {box.Name.Box}", ends, $"hub renew {box.Name.Box}, and carry the answer there");
        foreach (var file in agency.CertificateFiles)
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            if (certificate.NotAfter.ToUniversalTime() is var end && end - ForCertificates <= now)
                yield return new CareDue($"the certificate {Path.GetFileName(file)}", new DateTimeOffset(end),
                    "make a new one; who has the old one gets no link to the broker then");
        }
    }
}
