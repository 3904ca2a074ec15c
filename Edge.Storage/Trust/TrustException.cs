namespace Edge.Storage.Trust;

/// <summary>What a refusal says about whoever brought the file.</summary>
public enum TrustFault
{
    /// <summary>Missing, half copied, malformed, or for another box: accidents look like this.</summary>
    Unusable,
    /// <summary>Its date has passed. Nobody needs to have done anything: a hub that is away looks like this, a freeze too.</summary>
    Expired,
    /// <summary>Well-formed, but not signed by whoever must sign it, or changed after it was.</summary>
    Signature,
    /// <summary>Properly signed and old, or a second version of what was signed before: offered as new.</summary>
    Rollback,
}

/// <summary>A file of the trust repository was refused. Nothing of it is in use; what was active before still is.</summary>
public class TrustException(string file, string reason, TrustFault fault = TrustFault.Unusable) : Exception($"{file}: {reason}")
{
    /// <summary>The reason where a file is named and not there.</summary>
    public const string Missing = "missing";

    /// <summary>The file by its repository path, for example <c>snapshot.json</c> or <c>hotlists/riverton.json</c>.</summary>
    public string File { get; } = file;

    /// <summary>Why, in words a technician can act on.</summary>
    public string Reason { get; } = reason;

    /// <summary>Accident or attack, as far as the file itself can tell.</summary>
    public TrustFault Fault { get; } = fault;
}

/// <summary>Another change waits for its signatures, and there is one at a time. Nothing is wrong with either.</summary>
public sealed class ChangeWaitsException()
    : TrustException(TrustPath.Targets, "another change waits for signatures: have it signed, or drop it with hub discard, first");
