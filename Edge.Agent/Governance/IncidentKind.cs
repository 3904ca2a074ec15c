namespace Edge.Agent.Governance;

/// <summary>What must be told to somebody, and by when.</summary>
public enum IncidentKind
{
    /// <summary><c>refused-signature</c>: something arrived that was not signed as it must be.</summary>
    RefusedSignature,
    /// <summary><c>rollback-attempt</c>: something old and signed was offered as new.</summary>
    RollbackAttempt,
    /// <summary><c>clock-jump</c>: the clock was moved.</summary>
    ClockJump,
    /// <summary><c>log-check-failed</c>: the audit log is not what it was.</summary>
    LogCheckFailed,
    /// <summary><c>failed-logins</c>: repeated failed logins.</summary>
    FailedLogins,
    /// <summary><c>tamper</c>: the tamper input fired.</summary>
    Tamper,
    /// <summary><c>out-of-policy-order</c>: somebody ordered what the policy does not allow.</summary>
    OutOfPolicyOrder,
    /// <summary><c>broker-link</c>: the broker and the box do not accept each other, or will not much longer.</summary>
    BrokerLink,
    /// <summary><c>log-not-witnessed</c>: for too long fewer witnesses than the policy asks for have cosigned the audit log.</summary>
    LogNotWitnessed,
    /// <summary><c>vision-refused</c>: what the process that sees said at the door was not what it may say.</summary>
    VisionRefused,
}

/// <summary>The one spelling of each kind.</summary>
public static class IncidentKinds
{
    public static IReadOnlyDictionary<string, IncidentKind> Spellings { get; } = new OrderedDictionary<string, IncidentKind>
    {
        ["refused-signature"] = IncidentKind.RefusedSignature, ["rollback-attempt"] = IncidentKind.RollbackAttempt,
        ["clock-jump"] = IncidentKind.ClockJump, ["log-check-failed"] = IncidentKind.LogCheckFailed,
        ["failed-logins"] = IncidentKind.FailedLogins, ["tamper"] = IncidentKind.Tamper,
        ["out-of-policy-order"] = IncidentKind.OutOfPolicyOrder, ["broker-link"] = IncidentKind.BrokerLink,
        ["log-not-witnessed"] = IncidentKind.LogNotWitnessed, ["vision-refused"] = IncidentKind.VisionRefused,
    };

    public static string Write(IncidentKind kind) => Spellings.First(known => known.Value == kind).Key;
}
