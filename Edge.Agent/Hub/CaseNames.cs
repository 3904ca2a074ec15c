using Edge.Agent.Matching;

namespace Edge.Agent.Hub;

/// <summary>Finds the case that a hotlist entry belongs to: a hit names only the entry. Reads the agency's hotlist, or the one it
/// made for another agency's boxes, again when it has changed. Not thread-safe.</summary>
internal sealed class CaseNames(Agency agency, string? audience = null)
{
    private readonly string _file = agency.Hotlists.FileOf(audience);
    private readonly Dictionary<string, string> _cases = [];
    private DateTime _read;

    /// <summary>The case, or null if no hotlist since this hub started has had the entry.</summary>
    public string? Of(string entryId)
    {
        if (!_cases.ContainsKey(entryId) && File.Exists(_file) && File.GetLastWriteTimeUtc(_file) is var written && written != _read)
        {
            _read = written;
            // Expired entries too: a hit may be older than the list.
            if (Hotlist.TryParse(File.ReadAllBytes(_file), agency.Policy, DateTimeOffset.MinValue, out var hotlist, out _))
                foreach (var entry in hotlist.Entries) _cases[entry.Id] = entry.Case;
        }
        return _cases.GetValueOrDefault(entryId);
    }
}
