namespace Edge.Agent.Cli;

/// <summary>What <c>edge-agent</c> returns to the shell. The one place where exit codes are defined; <c>docs/cli.md</c>
/// repeats this table and a test keeps the two the same.</summary>
public enum ExitCode
{
    /// <summary>Done, and everything that was checked holds.</summary>
    Ok = 0,
    /// <summary>An unexpected failure: a bug, or a machine in trouble.</summary>
    Failure = 1,
    /// <summary>The command line is wrong: unknown verb, option or value.</summary>
    Usage = 2,
    /// <summary>A configuration file, or an agency's or a box's folder, is missing, malformed or refused.</summary>
    Configuration = 3,
    /// <summary>A model is missing, is not the file its manifest names, or has other shapes.</summary>
    Model = 4,
    /// <summary>A picture, recording or camera cannot be opened or decoded.</summary>
    Capture = 5,
    /// <summary>Something signed, sealed or hashed did not verify.</summary>
    Verification = 6,
    /// <summary>The broker cannot be reached, or refused this client.</summary>
    Broker = 7,
    /// <summary>The disk is full, read-only or failing; nothing was acknowledged that is not stored.</summary>
    Storage = 8,
    /// <summary>Refused by policy: no case, purpose not allowed, or a tool that an enrolled box does not offer.</summary>
    Refused = 9,
    /// <summary>Another edge-agent already uses this state directory, watches for this agency, or changes this hotlist; another change waits for signatures; or
    /// what an order hangs on was not pushed.</summary>
    Busy = 10,
    /// <summary>Something that only people can renew has ended.</summary>
    Overdue = 11,
    /// <summary>This box has something to mend, or no agent runs where one should.</summary>
    Unwell = 12,
    /// <summary>prove-forgetting found traces of a plate that should have been forgotten.</summary>
    Found = 13,
    /// <summary>Stopped by Ctrl-C or SIGTERM before the work was done.</summary>
    Interrupted = 130,
}
