using Edge.Agent.Clock;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Agent.Enrolment;
using Edge.Storage.Json;

namespace Edge.Agent.Doctor;

/// <summary>The box as the doctor finds it: its files, its machine, and what the running agent says, if one runs.</summary>
internal sealed record Patient
{
    public required string ConfigurationFile { get; init; }

    /// <summary>Null if the file is missing or refused; <see cref="Problems"/> says why.</summary>
    public AgentConfiguration? Configuration { get; init; }

    public IReadOnlyList<JsonProblem> Problems { get; init; } = [];

    public required Machine Machine { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>What the running agent said last; null if none runs, or it cannot be asked.</summary>
    public BoxHealth? Health { get; init; }

    /// <summary>Why <see cref="Health"/> is null.</summary>
    public string? NoHealth { get; init; }

    /// <summary>Nothing is asked over a network.</summary>
    public bool Offline { get; init; }

    /// <summary>True if there is a configuration that this user may not read: nothing could be said of the box.</summary>
    public bool IsClosed { get; private init; }

    /// <summary>The box's papers; null without a configuration.</summary>
    public EnrolmentFolder? Enrolment => Configuration is null ? null : new EnrolmentFolder(Configuration.EnrolmentFolder);

    private static bool MayRead(string file)
    {
        try
        {
            File.OpenRead(file).Dispose();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Looks at the box that a configuration file describes.</summary>
    public static Patient Of(string file, Machine machine, TimeProvider time, bool offline)
    {
        var patient = new Patient { ConfigurationFile = file, Machine = machine, Time = time, Offline = offline };
        try
        {
            var configuration = AgentConfiguration.Load(file);
            var health = new HealthFile(configuration.RunFolder, new KernelBootCounter()).Read(out var reason);
            return patient with { Configuration = configuration, Health = health, NoHealth = reason };
        }
        catch (ConfigurationException refused)
        {
            return patient with { Problems = refused.Problems, NoHealth = "there is no usable configuration", IsClosed = File.Exists(file) && !MayRead(file) };
        }
    }
}
