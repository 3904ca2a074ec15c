namespace Edge.Storage.Audit;

/// <summary><c>done</c>, or <c>refused:&lt;reason&gt;</c>. The default value is done.</summary>
public readonly record struct AuditOutcome
{
    private const string DoneCode = "done";
    private const string RefusedPrefix = "refused:";

    private AuditOutcome(string? reason) => Reason = reason;

    public static AuditOutcome Done => default;

    /// <summary>Why it was refused, in words; null if it was done.</summary>
    public string? Reason { get; }

    /// <exception cref="ArgumentException"><paramref name="reason"/> is not made of words, see
    /// <see cref="AuditWords"/>.</exception>
    public static AuditOutcome Refused(string reason) => AuditWords.IsWords(reason)
        ? new AuditOutcome(reason)
        : throw new ArgumentException("a reason is lower-case words joined by '-' or '.', like no-case", nameof(reason));

    public static bool TryParse(string? code, out AuditOutcome outcome)
    {
        outcome = default;
        if (code == DoneCode) return true;
        if (code is null || !code.StartsWith(RefusedPrefix, StringComparison.Ordinal)) return false;
        var reason = code[RefusedPrefix.Length..];
        outcome = new AuditOutcome(reason);
        return AuditWords.IsWords(reason);
    }

    public override string ToString() => Reason is null ? DoneCode : RefusedPrefix + Reason;
}
