using System.Buffers.Text;
using System.Text;

namespace Edge.Storage.Audit;

/// <summary>What the entries of a log must satisfy by themselves: their spelling, their disclosures, and that no read is
/// unaccounted for.</summary>
internal sealed class EntryChecks
{
    private readonly LogFolder _folder;
    private readonly bool _entriesAreAudit;
    private readonly Findings _format = new("format");
    private readonly Findings _disclosures = new("disclosures");
    private readonly Findings _conservation = new("conservation");
    private readonly HashSet<long> _disclosed;
    private Int128 _frames, _reads, _discarded, _hits;
    private long _uncounted;
    private long _stored, _summaries, _concealed, _opened;

    /// <param name="files">Those of the folder.</param>
    /// <param name="entriesAreAudit">False for a log of other entries than ours: nothing is looked for in them.</param>
    public EntryChecks(LogFolder folder, IEnumerable<LogFile> files, bool entriesAreAudit)
    {
        (_folder, _entriesAreAudit) = (folder, entriesAreAudit);
        _disclosed = [.. files.Where(file => file.Kind == LogFileKind.Disclosure).Select(file => file.Index)];
    }

    public AuditTotals Totals => new(Capped(_frames), Capped(_reads), Capped(_discarded), Capped(_hits), _stored);

    /// <summary>Told of each entry that begins another epoch, in order.</summary>
    public Action<long, AuditEntry>? EpochBegan { get; init; }

    /// <summary>Told of each entry that could be read, in order, and when it was written.</summary>
    public Action<EntryMoment>? Passed { get; init; }

    /// <summary>Told of each entry that could be read, in order, in full: that takes longer.</summary>
    public Action<long, AuditEntry>? Seen { get; init; }

    /// <summary>Looks at the entries of one bundle; several at once, from any thread.</summary>
    /// <returns>For <see cref="Add"/>.</returns>
    public BundleLook Look(long first, ReadOnlySpan<byte> bundle, ReadOnlySpan<Range> entries, string name)
    {
        var look = new BundleLook();
        if (!_entriesAreAudit) return look;
        for (var i = 0; i < entries.Length; i++) Look(first + i, bundle[entries[i]], name, look);
        return look;
    }

    /// <summary>Adds up what was seen, bundle after bundle from the first.</summary>
    public void Add(BundleLook look)
    {
        _frames += look.Frames;
        _reads += look.Reads;
        _discarded += look.Discarded;
        _hits += look.Hits;
        _stored += look.Stored;
        _uncounted = look.Summaries > 0 ? look.Uncounted : _uncounted + look.Uncounted;
        _summaries += look.Summaries;
        _concealed += look.Concealed;
        foreach (var (detail, bundle) in look.Unread) _format.Add(detail, bundle);
        foreach (var (detail, bundle) in look.Unbalanced) _conservation.Add(detail, bundle);
        foreach (var (index, concealed) in look.Disclosed) LookAtDisclosures(index, concealed);
        foreach (var (index, entry) in look.Epochs) EpochBegan?.Invoke(index, entry);
        foreach (var moment in look.Moments) Passed!(moment);
        foreach (var (index, entry) in look.Entries) Seen!(index, entry);
    }

    /// <param name="size">Entries that the checkpoint covers.</param>
    public IEnumerable<AuditCheck> Checks(long size, bool incomplete)
    {
        if (!_entriesAreAudit || incomplete) return [_format.Skipped(), _disclosures.Skipped(), _conservation.Skipped()];
        foreach (var index in _disclosed.Order())
            if (index < size) _disclosures.Add($"entry {index} conceals nothing that this could disclose", LogFolder.DisclosureName(index));
            else _disclosures.Add(TreeChecks.Beyond, LogFolder.DisclosureName(index), unfinished: true);
        // A box killed before its summary has stored more than it counted; it can never have counted more.
        if (_hits > _stored && !_format.Any) _conservation.Add($"the summaries count {_hits} hits, the log stored {_stored}");
        return
        [
            _format.ToCheck("every entry in its one spelling"),
            _disclosures.ToCheck($"{_opened} of {_concealed} concealed values disclosed"),
            _conservation.ToCheck($"{_summaries} summaries: {_reads} reads = {_discarded} discarded + {_hits} hits; "
                + $"{_stored} hits stored{(_uncounted == 0 ? "" : $", {_uncounted} of them after the last summary: their reads are not counted yet")}"),
        ];
    }

    // Read in full only for whoever listens to entries.
    private void Look(long index, ReadOnlySpan<byte> json, string bundle, BundleLook look)
    {
        if (Seen is null && AuditEntryScan.TryRead(json, out var scan))
        {
            var concealed = (scan.Person.IsEmpty ? 0 : 1) + (scan.Case.IsEmpty ? 0 : 1) + (scan.Claim.IsEmpty ? 0 : 1);
            look.Concealed += concealed;
            // An export for the public carries none, and the end of retention drops them: absent is no finding.
            if (concealed > 0 && _disclosed.Contains(index))
            {
                var values = new List<(string, string)>(concealed);
                if (!scan.Person.IsEmpty) values.Add(("person", Encoding.ASCII.GetString(scan.Person)));
                if (!scan.Case.IsEmpty) values.Add(("case", Encoding.ASCII.GetString(scan.Case)));
                if (!scan.Claim.IsEmpty) values.Add(("claim", Encoding.ASCII.GetString(scan.Claim)));
                look.Disclosed.Add((index, values));
            }
            if (scan.Action == AuditAction.HitStored) look.Store();
            if (scan.Action == AuditAction.IntervalSummary) look.Summarise(index, scan.Frames, scan.Reads, scan.Discarded, scan.Hits, bundle);
            if (Passed is not null) look.Moments.Add(new EntryMoment(index, scan.Instant, look.BootOf(scan.Boot), scan.Action));
        }
        else if (AuditEntryJson.TryRead(json, out var entry))
        {
            var concealed = entry!.Concealed.Select(one => (one.Name, one.Value.Digest)).ToList();
            look.Concealed += concealed.Count;
            if (concealed.Count > 0 && _disclosed.Contains(index)) look.Disclosed.Add((index, concealed));
            if (entry.Action == AuditAction.HitStored) look.Store();
            if (entry.Action == AuditAction.LogEpoch) look.Epochs.Add((index, entry));
            if (entry.Action == AuditAction.IntervalSummary)
                look.Summarise(index, entry.Frames!.Value, entry.Reads!.Value, entry.Discarded!.Value, entry.Hits!.Value, bundle);
            if (Passed is not null) look.Moments.Add(new EntryMoment(index, entry.Time, entry.Boot, entry.Action));
            if (Seen is not null) look.Entries.Add((index, entry));
        }
        else
        {
            look.Unread.Add(($"entry {index} is not an audit entry in its one spelling", bundle));
        }
    }

    private void LookAtDisclosures(long index, List<(string Name, string Digest)> concealed)
    {
        _disclosed.Remove(index);
        var name = LogFolder.DisclosureName(index);
        if (_folder.ReadDisclosures(index) is not [.. { Length: > 0 } lines, ""])
        {
            _disclosures.Add("not disclosures, one in a line", name);
            return;
        }
        foreach (var text in lines)
            if (Disclosure.TryParse(text, out var disclosure) && concealed.Remove((disclosure.Name, disclosure.Digest)))
                _opened++;
            else
                _disclosures.Add($"does not disclose what entry {index} conceals", name,
                    expected: concealed.Count == 0 ? null : Hash(concealed[0].Digest), actual: Sha256Hash.Of(Encoding.Latin1.GetBytes(text)));
    }

    private static Sha256Hash Hash(string digest) => new(Base64Url.DecodeFromChars(digest));

    private static long Capped(Int128 sum) => sum > long.MaxValue ? long.MaxValue : (long)sum;

    /// <summary>What the entries of one bundle say.</summary>
    internal sealed class BundleLook
    {
        // 256 entries of at most 2^53 − 1 each.
        public long Frames { get; private set; }

        public long Reads { get; private set; }

        public long Discarded { get; private set; }

        public long Hits { get; private set; }

        public long Summaries { get; private set; }

        public long Stored { get; private set; }

        /// <summary>Of <see cref="Stored"/>, those after the last summary.</summary>
        public long Uncounted { get; private set; }

        public long Concealed { get; set; }

        public List<(long Index, List<(string Name, string Digest)> Concealed)> Disclosed { get; } = [];

        public List<(long Index, AuditEntry Entry)> Epochs { get; } = [];

        public List<EntryMoment> Moments { get; } = [];

        public List<(long Index, AuditEntry Entry)> Entries { get; } = [];

        public List<(string Detail, string Bundle)> Unread { get; } = [];

        public List<(string Detail, string Bundle)> Unbalanced { get; } = [];

        /// <summary>One text for entries of one opening of the log.</summary>
        public string BootOf(ReadOnlySpan<byte> boot) =>
            Moments.Count > 0 && Ascii.Equals(boot, Moments[^1].Boot) ? Moments[^1].Boot : Encoding.ASCII.GetString(boot);

        public void Store() => (Stored, Uncounted) = (Stored + 1, Uncounted + 1);

        public void Summarise(long index, long frames, long reads, long discarded, long hits, string bundle)
        {
            if (reads != discarded + hits) Unbalanced.Add(($"entry {index}: {reads} reads, but {discarded} discarded + {hits} hits", bundle));
            Summaries++;
            Uncounted = 0;
            Frames += frames;
            Reads += reads;
            Discarded += discarded;
            Hits += hits;
        }
    }
}

/// <summary>When an entry was written.</summary>
/// <param name="Boot">Of which opening of the log it is.</param>
internal readonly record struct EntryMoment(long Index, DateTimeOffset Time, string Boot, AuditAction Action);
