namespace Edge.Storage.Audit;

/// <summary>What the entries of a log must satisfy by themselves: their spelling, their disclosures, and that no read is
/// unaccounted for.</summary>
/// <param name="seen">Called with each entry that could be read, in order.</param>
internal sealed class EntryChecks(LogFolder folder, bool entriesAreAudit, Action<long, AuditEntry>? seen = null)
{
    private readonly Findings _format = new("format");
    private readonly Findings _disclosures = new("disclosures");
    private readonly Findings _conservation = new("conservation");
    private readonly HashSet<long> _disclosed = [.. folder.Exists
        ? folder.Enumerate().Where(file => file.Kind == LogFileKind.Disclosure).Select(file => file.Index) : []];
    private Int128 _frames, _reads, _discarded, _hits;
    private long _stored, _summaries, _concealed, _opened;

    public AuditTotals Totals => new(Capped(_frames), Capped(_reads), Capped(_discarded), Capped(_hits), _stored);

    public void Look(long index, ReadOnlySpan<byte> json, string bundle)
    {
        if (!entriesAreAudit) return;
        if (!AuditEntryJson.TryRead(json, out var entry))
        {
            _format.Add($"entry {index} is not an audit entry in its one spelling", bundle);
            return;
        }
        LookAtDisclosures(index, entry!);
        seen?.Invoke(index, entry!);
        if (entry!.Action == AuditAction.HitStored) _stored++;
        if (entry.Action == AuditAction.IntervalSummary) Add(index, entry, bundle);
    }

    public IEnumerable<AuditCheck> Checks(bool incomplete)
    {
        if (!entriesAreAudit || incomplete) return [_format.Skipped(), _disclosures.Skipped(), _conservation.Skipped()];
        foreach (var index in _disclosed)
            _disclosures.Add($"entry {index} conceals nothing that this could disclose", LogFolder.DisclosureName(index));
        // A box killed before its summary has stored more than it counted; it can never have counted more.
        if (_hits > _stored && !_format.Any) _conservation.Add($"the summaries count {_hits} hits, the log stored {_stored}");
        return
        [
            _format.ToCheck("every entry in its one spelling"),
            _disclosures.ToCheck($"{_opened} of {_concealed} concealed values disclosed"),
            _conservation.ToCheck($"{_summaries} summaries: {_reads} reads = {_discarded} discarded + {_hits} hits; "
                + $"{_stored} hits stored"),
        ];
    }

    private void Add(long index, AuditEntry summary, string bundle)
    {
        var (reads, discarded, hits) = (summary.Reads!.Value, summary.Discarded!.Value, summary.Hits!.Value);
        if (reads != discarded + hits)
            _conservation.Add($"entry {index}: {reads} reads, but {discarded} discarded + {hits} hits", bundle);
        _summaries++;
        _frames += summary.Frames!.Value;
        _reads += reads;
        _discarded += discarded;
        _hits += hits;
    }

    private void LookAtDisclosures(long index, AuditEntry entry)
    {
        var concealed = entry.Concealed.ToList();
        if (concealed.Count == 0) return;
        _concealed += concealed.Count;
        // An export for the public carries none, and the end of retention drops them: absent is no finding.
        if (!_disclosed.Remove(index)) return;
        var name = LogFolder.DisclosureName(index);
        if (folder.ReadDisclosures(index) is not [.. { Length: > 0 } lines, ""])
        {
            _disclosures.Add("not disclosures, one in a line", name);
            return;
        }
        foreach (var text in lines)
            if (Disclosure.TryParse(text, out var disclosure)
                && concealed.FindIndex(one => one.Name == disclosure.Name && one.Value.Digest == disclosure.Digest) is >= 0 and var fits)
            {
                concealed.RemoveAt(fits);
                _opened++;
            }
            else
            {
                _disclosures.Add($"does not disclose what entry {index} conceals", name,
                    expected: concealed.Count == 0 ? null : Hash(concealed[0].Value.Digest), actual: Sha256Hash.Of(System.Text.Encoding.Latin1.GetBytes(text)));
            }
    }

    private static Sha256Hash Hash(string digest) => new(System.Buffers.Text.Base64Url.DecodeFromChars(digest));

    private static long Capped(Int128 sum) => sum > long.MaxValue ? long.MaxValue : (long)sum;
}
