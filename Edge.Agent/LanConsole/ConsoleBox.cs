using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Agent.Door;
using Edge.Agent.Governance;
using Edge.Agent.Incidents;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Sealing;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.LanConsole;

/// <summary>What the console has of the box; it disposes none of it.</summary>
internal sealed record ConsoleBox
{
    public required BoxName Name { get; init; }

    /// <summary>The configuration in force.</summary>
    public required Func<AgentConfiguration> Configured { get; init; }

    public AgentConfiguration Configuration => Configured();

    /// <summary>The agency's CA, PEM.</summary>
    public required string CaFile { get; init; }

    /// <summary>What is in force; null until something verified.</summary>
    public required Func<ActiveTrust?> Trust { get; init; }

    /// <summary>Opens what the agency seals to this box.</summary>
    public required RecipientKey Key { get; init; }

    public required AuditLog Audit { get; init; }

    public required string AuditFolder { get; init; }

    public required NoteKey LogKey { get; init; }

    public required NoteKey LogEpochKey { get; init; }

    public required IncidentReporter Incidents { get; init; }

    public required Func<BoxHealth> Look { get; init; }

    public required IAimViews Aim { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>Where the console keeps its key and who has used which code.</summary>
    public string Folder => Path.Combine(Configuration.StateFolder, "console");

    /// <summary>What is free of the disk, in bytes.</summary>
    public Func<long> FreeSpace { get => field ?? (() => new DriveInfo(Configuration.StateFolder).AvailableFreeSpace); init; }

    /// <summary>Somebody whose list and policy are in force now, by their certificate; null for everybody else.</summary>
    public ConsoleUser? Find(string certificate)
    {
        var (trust, now) = (Trust(), Time.GetUtcNow());
        return trust?.Console.WithCertificate(certificate) is { } user && user.IsInForce(now) && user.Secrets.ContainsKey(Name.Box) ? user : null;
    }

    /// <summary>Whether a role may do a verb now: an expired policy lets nobody do anything.</summary>
    public bool Allows(AuditRole role, Verb verb) => Trust() is { } trust && trust.TakesOrders(Time.GetUtcNow()) && trust.Policy.Allows(role, verb);
}
