using System.Security.Cryptography;
using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Storage.Witnessing;

namespace Edge.Agent.Hub;

/// <summary>A hotlist whose publication boxes do not believe yet.</summary>
/// <param name="Agency">Whose list it is.</param>
/// <param name="Version">Its version.</param>
/// <param name="Cosigned">Witnesses of the policy who have cosigned the log with it.</param>
/// <param name="Needed">So many must have.</param>
public sealed record AwaitedHotlist(string Agency, int Version, int Cosigned, int Needed)
{
    public override string ToString() =>
        $"hotlist {Version} of {Agency} waits for {Needed - Cosigned} witness(es) to cosign its publication; until then boxes stay with the list they have";
}

/// <summary>The agency's own log, in <c>publications</c>: one entry <c>hotlist.published</c> for every hotlist that its boxes are to look for, its own and
/// those that other agencies signed for them. No plate and no case. It is a log as the boxes' is, so that witnesses, <c>audit verify</c> and other people's
/// tools take it as it is.</summary>
public sealed class PublicationLog
{
    private readonly Agency _agency;
    private readonly AgencyFolder _folder;
    private readonly TimeProvider _time;

    internal PublicationLog(Agency agency, AgencyFolder folder, TimeProvider time) => (_agency, _folder, _time) = (agency, folder, time);

    /// <summary>The name that the log's checkpoints bear.</summary>
    public static string OriginOf(string agency) => $"edge/v1/{agency}/{Topics.PublicationsLevel}";

    /// <summary>True once it was begun.</summary>
    public bool Exists => File.Exists(_folder.PublicationsKey);

    /// <summary>The log's public key, for the policy and for witnesses. The first call makes it.</summary>
    /// <exception cref="AgencyException">There is a log and not its key.</exception>
    public NoteKey PublicKey()
    {
        if (!Exists)
        {
            if (Directory.Exists(_folder.Publications))
                throw new AgencyException($"{_folder.Publications} is there and its key {_folder.PublicationsKey} is not: restore the key, or move the log away and have the policy name a new one");
            using var made = SigningKey.Create();
            KeysAtHand.Save(_folder.PublicationsKey, made);
        }
        using var key = LoadKey();
        return Show(key);
    }

    private NoteKey Show(SigningKey key)
    {
        var known = new NoteKey(OriginOf(_agency.Name), key.Public);
        // Beside it in the open, for witnesses to be given.
        if (!File.Exists(_folder.PublicationsVkey)) DurableFile.Write(_folder.PublicationsVkey, System.Text.Encoding.ASCII.GetBytes($"{known}\n"));
        return known;
    }

    /// <summary>Writes what is to be published: durable before the list is signed. Twice the same is one entry.</summary>
    /// <param name="whose">The agency whose list it is.</param>
    /// <exception cref="IOException">The disk refused, or the log is damaged: nothing may be published.</exception>
    public void Record(string whose, int version, ReadOnlySpan<byte> list) => Record([(whose, version, Sha256Hash.Of(list))]);

    private void Record(IReadOnlyList<(string Whose, int Version, Sha256Hash Digest)> lists) => Use((log, _) =>
    {
        var known = Recorded(log);
        foreach (var (whose, version, digest) in lists.Where(one => !known.ContainsKey((one.Whose, one.Digest))))
            log.Append(new AuditEntry { Action = AuditAction.HotlistPublished, Actor = "hub", Role = AuditRole.Hub, Agency = whose, Version = version,
                Digest = digest });
        return true;
    });

    /// <summary>Records every list that is published and was not recorded, as after a policy that has just named the log.</summary>
    internal void RecordAll() => Record([.. Lists().Select(one => (one.Whose, VersionOf(one.List), Sha256Hash.Of(one.List)))]);

    /// <summary>What witnesses are asked: the newest checkpoint, with proofs from what each of the policy's cosigned last.</summary>
    internal CheckpointOffer Offer() => Use((log, _) =>
    {
        var sizes = Witnesses.Keys.Select(log.LastCosigned).OfType<CosignedCheckpoint>().Select(cosigned => cosigned.Checkpoint.Size)
            .Where(size => size > 0 && size <= log.Latest.Size).Distinct().Order();
        return new CheckpointOffer(log.LatestNote, [.. sizes.Select(size => new OfferedProof(size, log.ProveConsistency(size)))]);
    });

    /// <summary>What a witness is asked that knows <paramref name="old"/> entries; null if the log has not so many.</summary>
    internal WitnessRequest? Request(long old) => Use((log, _) => old > log.Latest.Size ? null
        : WitnessRequest.Of(log.LatestNote, old, old == 0 ? [] : log.ProveConsistency(old)));

    /// <summary>Takes what witnesses have cosigned. Only what the log's key and a witness of the policy have both signed counts.</summary>
    /// <exception cref="AuditDamagedException">A witness has cosigned more entries than the log has, or others: the log was set back.</exception>
    internal void Take(IReadOnlyCollection<SignedNote> notes)
    {
        if (notes.Count == 0) return;
        Use((log, _) =>
        {
            foreach (var note in notes)
                foreach (var witness in Witnesses.Keys)
                    if (log.TakeCosigned(note, witness) is CosignatureTaken.Ahead or CosignatureTaken.Contradicts)
                        throw new AuditDamagedException(_folder.Publications,
                            $"{witness.Name} has cosigned {(Checkpoint.TryParse(note.Text, out var theirs) ? theirs!.Size : 0)} entries of it that are not these: " +
                            "it was set back to an older state. Restore it, or begin a new one under a new key that the policy names");
            return true;
        });
    }

    /// <summary>Puts a proof beside each published list that has none that boxes take, as far as witnesses have cosigned.</summary>
    /// <returns>The lists that still have none.</returns>
    internal IReadOnlyList<AwaitedHotlist> Prove()
    {
        var policy = _agency.Policy;
        if (!policy.NeedsProof) return [];
        if (!Exists) throw NotNamed(policy, "was never begun");
        return Use((log, key) =>
        {
            if (key != policy.PublicationLog) throw NotNamed(policy, $"is {key}");
            var awaited = new List<AwaitedHotlist>();
            var known = Recorded(log);
            foreach (var (whose, list) in Unproven(policy))
            {
                var proof = Make(log, known, whose, Sha256Hash.Of(list), out var best);
                if (proof is not null && PublicationProof.Judge(proof.ToBytes(), whose, list, policy) == ProofVerdict.Holds)
                    _agency.Writer().WriteProof(whose, proof.ToBytes());
                else awaited.Add(new AwaitedHotlist(whose, VersionOf(list), best, policy.Witnesses.Needed));
            }
            return awaited;
        });
    }

    /// <summary>The published lists that boxes do not believe yet. Writes nothing.</summary>
    public IReadOnlyList<AwaitedHotlist> Awaited()
    {
        var policy = _agency.Policy;
        if (!policy.NeedsProof) return [];
        var unproven = Unproven(policy).ToList();
        IReadOnlyDictionary<string, int> cosigned = new Dictionary<string, int>();
        try
        {
            if (Exists && unproven.Count > 0) cosigned = Use((log, _) => Cosigned(log, unproven));
        }
        catch (AuditException)
        {
            // Busy or damaged: how many have cosigned is not known now; hub publications says why.
        }
        return [.. unproven.Select(one => new AwaitedHotlist(one.Whose, VersionOf(one.List), cosigned.GetValueOrDefault(one.Whose), policy.Witnesses.Needed))];
    }

    private Dictionary<string, int> Cosigned(AuditLog log, IEnumerable<(string Whose, byte[] List)> lists)
    {
        var known = Recorded(log);
        return lists.ToDictionary(one => one.Whose, one =>
        {
            Make(log, known, one.Whose, Sha256Hash.Of(one.List), out var best);
            return best;
        });
    }

    /// <summary>How the log stands under the policy's witnesses.</summary>
    public (NoteKey Key, long Size, IReadOnlyList<(NoteKey Key, CosignedCheckpoint? Cosigned)> Witnesses) Standing() => Use((log, key) =>
        (key, log.Latest.Size, (IReadOnlyList<(NoteKey, CosignedCheckpoint?)>)[.. Witnesses.Keys.Select(witness => (witness,
            log.LastCosigned(witness)))]));

    private Witnesses Witnesses => _agency.Policy.Witnesses;

    // The one that most witnesses have cosigned, of the checkpoints with the entry under them.
    private TlogProof? Make(AuditLog log, Dictionary<(string, Sha256Hash), AuditRecord> known, string whose, Sha256Hash digest, out int cosigned)
    {
        cosigned = 0;
        if (!known.TryGetValue((whose, digest), out var record)) return null;
        var best = Witnesses.Keys.Select(witness => (Witness: witness, Cosigned: log.LastCosigned(witness)))
            .Where(one => one.Cosigned is { } kept && kept.Checkpoint.Size > record.Index)
            .GroupBy(one => one.Cosigned!.Note.Text, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count()).ThenByDescending(group => group.First().Cosigned!.Checkpoint.Size).FirstOrDefault();
        if (best is null) return null;
        cosigned = best.Count();
        var note = best.First().Cosigned!.Note.Of(new NoteKey(OriginOf(_agency.Name), _agency.Policy.PublicationLog!.Key));
        foreach (var (witness, kept) in best)
            foreach (var line in kept!.Note.Of(witness).Signatures) note = note.With(line);
        return log.ProveInclusion(record.Index, note) with { Extra = AuditEntryJson.Write(record.Entry!) };
    }

    // One reading of the log for however many lists; of an entry that stands there twice the first.
    private static Dictionary<(string Whose, Sha256Hash Digest), AuditRecord> Recorded(AuditLog log)
    {
        var known = new Dictionary<(string, Sha256Hash), AuditRecord>();
        foreach (var record in log.Read())
            if (record.Entry is { Action: AuditAction.HotlistPublished, Agency: { } whose, Digest: { } digest }) known.TryAdd((whose, digest), record);
        return known;
    }

    private IEnumerable<(string Whose, byte[] List)> Unproven(Policy policy) => Lists().Where(one => Judge(one.Whose, one.List, policy) != ProofVerdict.Holds);

    private ProofVerdict Judge(string whose, byte[] list, Policy policy) =>
        Path.Combine(_agency.TrustFolder, TrustPath.Proof(whose)) is var file && File.Exists(file)
            ? PublicationProof.Judge(File.ReadAllBytes(file), whose, list, policy) : ProofVerdict.Missing;

    private IEnumerable<(string Whose, byte[] List)> Lists() => TrustRepositoryWriter.Others(_agency.TrustFolder, _agency.Name).Keys.Prepend(_agency.Name)
        .Where(whose => File.Exists(Path.Combine(_agency.TrustFolder, TrustPath.Hotlist(whose))))
        .Select(whose => (whose, _agency.Target(TrustPath.Hotlist(whose))));

    private static int VersionOf(byte[] list)
    {
        using var document = System.Text.Json.JsonDocument.Parse(list);
        return document.RootElement.GetProperty("version").GetInt32();
    }

    private static AgencyException NotNamed(Policy policy, string here) =>
        new($"the policy names {policy.PublicationLog}, and the log of publications here {here}: " +
            "boxes will take no new hotlist. Restore keys/publications.key and publications/, or have the policy name what hub publications key prints");

    private T Use<T>(Func<AuditLog, NoteKey, T> act)
    {
        if (!Exists) PublicKey();
        using var key = LoadKey();
        using var log = AuditLog.Open(_folder.Publications, OriginOf(_agency.Name), key, _time);
        return act(log, Show(key));
    }

    private SigningKey LoadKey()
    {
        var seed = File.ReadAllBytes(_folder.PublicationsKey);
        try
        {
            return SigningKey.FromSeed(seed);
        }
        catch (FormatException damaged)
        {
            throw new AgencyException($"{_folder.PublicationsKey} is damaged: restore it", damaged);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }
}
