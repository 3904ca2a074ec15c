namespace Edge.Storage.Audit;

/// <summary>What one check found wrong: the first finding in full, the rest counted.</summary>
internal sealed class Findings(string name)
{
    private AuditCheck? _first;
    private int _more;
    private bool _onlyUnfinished = true;

    public bool Any => _first is not null;

    /// <param name="unfinished">It is what an append leaves that is under way, or was cut off.</param>
    public void Add(string detail, string? file = null, Sha256Hash? expected = null, Sha256Hash? actual = null, bool unfinished = false)
    {
        _onlyUnfinished &= unfinished;
        if (_first is null)
            _first = new AuditCheck(name, CheckResult.Failed, detail, file, expected?.ToString(), actual?.ToString());
        else
            _more++;
    }

    public AuditCheck Skipped(string why = "an earlier check failed") =>
        _first is null ? new AuditCheck(name, CheckResult.Skipped, why) : ToCheck("");

    public AuditCheck ToCheck(string passed) =>
        _first is null ? new AuditCheck(name, CheckResult.Passed, passed) : _first with { MoreFindings = _more, IsUnfinished = _onlyUnfinished };
}
