using System.Collections.Frozen;
using System.Text;

namespace Edge.Storage.Audit;

/// <summary>What was done, or refused. The code written in the log is the name in words: <c>HotlistEntryRefused</c> is
/// <c>hotlist.entry.refused</c>. A code is never renamed or reused.
/// Nothing writes <c>boot</c> or <c>message.acknowledged</c> yet: their codes are taken.</summary>
public enum AuditAction
{
    /// <summary><c>agent.start</c>: the agent opened its log and is about to work.</summary>
    AgentStart,
    /// <summary><c>agent.stop</c>: an orderly stop.</summary>
    AgentStop,
    /// <summary><c>boot</c>: the machine itself was started since the last entry.</summary>
    Boot,
    /// <summary><c>configuration.loaded</c>: the agent starts with a configuration, or is about to take another over, or refused to (also what the
    /// entry before said); digest of what the file says, passwords left out.</summary>
    ConfigurationLoaded,
    /// <summary><c>trust.activated</c>: a verified set of policy, operators, recipients and hotlists took effect.</summary>
    TrustActivated,
    /// <summary><c>trust.refused</c>: trust metadata that did not verify, was older, or was for another box.</summary>
    TrustRefused,
    /// <summary><c>hotlist.activated</c>: agency, version, count of entries, digest of the target.</summary>
    HotlistActivated,
    /// <summary><c>hotlist.entry.refused</c>: an entry without case, outside its purpose, expired …</summary>
    HotlistEntryRefused,
    /// <summary><c>interval.summary</c>: frames, reads, discarded and hits since the last one.</summary>
    IntervalSummary,
    /// <summary><c>hit.stored</c>: sequence and digest of the sealed record.</summary>
    HitStored,
    /// <summary><c>message.acknowledged</c>: the broker has message number sequence.</summary>
    MessageAcknowledged,
    /// <summary><c>sweep.done</c>: count of expired records destroyed with their keys.</summary>
    SweepDone,
    /// <summary><c>order.refused</c>: an order that was not signed by an operator, or was refused before its verb was known;
    /// count of those that one entry stands for.</summary>
    OrderRefused,
    /// <summary><c>order.search</c>: the sealed hits of one case were asked for; their count.</summary>
    OrderSearch,
    /// <summary><c>order.hold</c>: hits of one case are kept past their retention.</summary>
    OrderHold,
    /// <summary><c>order.release</c>: the hold of a case was ended.</summary>
    OrderRelease,
    /// <summary><c>order.disposition</c>: what the hit with this sequence turned out to be, as the kind; digest of the sealed note.</summary>
    OrderDisposition,
    /// <summary><c>order.export</c>: a copy of this log was taken.</summary>
    OrderExport,
    /// <summary><c>order.revoke</c>: an operator's key was shut out.</summary>
    OrderRevoke,
    /// <summary><c>order.decommission</c>: the box was taken out of service.</summary>
    OrderDecommission,
    /// <summary><c>incident</c>: something that must be notified; its kind names it.</summary>
    Incident,
    /// <summary><c>incident.reported</c>: message number sequence tells of all incidents of its kind since the last such
    /// entry.</summary>
    IncidentReported,
    /// <summary><c>hotlist.refused</c>: the list of another agency, without a grant or not as that agency signed it.</summary>
    HotlistRefused,
    /// <summary><c>grant.activated</c>: agency, its class as kind, count of cases.</summary>
    GrantActivated,
    /// <summary><c>grant.refused</c>: a class that the policy does not share with, no countersignature …</summary>
    GrantRefused,
    /// <summary><c>hit.shared</c>: agency, its class as kind, sequence and digest of the sealed record: beside its
    /// <c>hit.stored</c>, in the same step.</summary>
    HitShared,
    /// <summary><c>log.epoch</c>: the last entry of an epoch; version is the number of the next, key the public half of the key that signs it.
    /// The log writes it itself.</summary>
    LogEpoch,
    /// <summary><c>policy.activated</c>: beside its <c>trust.activated</c>: version and digest of the policy; for how many hours it keeps
    /// a hit, as the count.</summary>
    PolicyActivated,
    /// <summary><c>console.login</c>: somebody came in at the console, or was refused; count of those that one entry stands for.</summary>
    ConsoleLogin,
    /// <summary><c>console.refused</c>: somebody who is in asked for what is not their role's, or too often; for what, as the kind.</summary>
    ConsoleRefused,
    /// <summary><c>aim.viewed</c>: a camera's picture was opened to aim it; its number in the configuration, from 1, as the sequence.</summary>
    AimViewed,
    /// <summary><c>log.exported</c>: a copy of this log was taken, at the console or by <c>audit export</c> at the box; <c>public</c> or <c>full</c>, as the
    /// kind.</summary>
    LogExported,
    /// <summary><c>stick.export</c>: beside its <c>order.export</c>: a bundle of this log was written to a stick, with its digest and the
    /// count of its entries; or a stick was refused before an order of it was judged, or could not be written, with the count of sticks.</summary>
    StickExport,
    /// <summary><c>hotlist.published</c>: in an agency's log of publications, not in a box's: whose list, its version, the SHA-256 of the file.</summary>
    HotlistPublished,
}

/// <summary>In which part someone acted.</summary>
public enum AuditRole
{
    /// <summary><c>agent</c>: the box itself.</summary>
    Agent,
    /// <summary><c>technician</c></summary>
    Technician,
    /// <summary><c>auditor</c></summary>
    Auditor,
    /// <summary><c>investigator</c></summary>
    Investigator,
    /// <summary><c>oversight</c></summary>
    Oversight,
    /// <summary><c>hub</c></summary>
    Hub,
}

/// <summary>How far the time of an entry can be trusted.</summary>
public enum ClockState
{
    /// <summary><c>held</c>: carried on from the last known time, not confirmed since the machine's boot; or the machine's
    /// clock is ahead, and not believed.</summary>
    Held,
    /// <summary><c>floor</c>: the machine's clock is behind a time that is known to have passed; time goes on from that.</summary>
    Floor,
    /// <summary><c>synced</c>: the machine's clock agreed with a newly signed time, as closely as those tell (days), and has
    /// not jumped since.</summary>
    Synced,
}

/// <summary>The code of an enumeration's member: its name in lower-case words joined by dots.</summary>
public static class AuditCode
{
    /// <summary>The code of a member.</summary>
    public static string Of<T>(T member) where T : struct, Enum =>
        Codes<T>.ByMember.TryGetValue(member, out var code) ? code : throw new ArgumentOutOfRangeException(nameof(member));

    /// <summary>The member with this code; false if there is none.</summary>
    public static bool TryParse<T>(string? code, out T member) where T : struct, Enum
    {
        member = default;
        return code is not null && Codes<T>.ByCode.TryGetValue(code, out member);
    }

    private static string Spell<T>(T member) where T : struct, Enum
    {
        var code = new StringBuilder();
        foreach (var letter in member.ToString())
        {
            if (char.IsAsciiLetterUpper(letter) && code.Length > 0) code.Append('.');
            code.Append(char.ToLowerInvariant(letter));
        }
        return code.ToString();
    }

    private static class Codes<T> where T : struct, Enum
    {
        public static readonly FrozenDictionary<T, string> ByMember = Enum.GetValues<T>().ToFrozenDictionary(member => member, Spell);

        public static readonly FrozenDictionary<string, T> ByCode = ByMember.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);
    }
}
