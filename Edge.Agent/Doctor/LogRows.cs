using System.Globalization;
using Edge.Storage.Audit;
using Edge.Storage.Json;

namespace Edge.Agent.Doctor;

/// <summary>The audit log: how long it is and how far others vouch for it. Whether it verifies, <c>audit verify</c> says.</summary>
internal static class LogRows
{
    private static readonly TimeSpan Late = TimeSpan.FromDays(2);

    public static IEnumerable<Finding> Look(Patient patient)
    {
        if (patient.Configuration is not { } configuration) return [Finding.Skipped("log", "there is no usable configuration")];
        if (patient.Health is { } health)
            return [Finding.Good("log", Entries(health.Log.Size)), health.Log.Witnessed is { } standing ? Cosigned(standing.Size, standing.Time,
                health.Log.Size, health.At)
                : Finding.Skipped("cosigned", "the policy names no witness")];
        var file = new FileInfo(Path.Combine(configuration.StateFolder, "audit", "checkpoint"));
        if (!file.Directory!.Exists) return [Finding.Skipped("log", "it begins with the agent's first start, or this user may not look")];
        var bytes = file is { Exists: true, Length: <= SignedNote.MaxBytes } ? File.ReadAllBytes(file.FullName) : [];
        if (!SignedNote.TryParse(bytes, out var note) || !Checkpoint.TryParse(note!.Text, out var checkpoint))
            return [Finding.Bad("log", "its checkpoint is missing or damaged", "do not remove anything: edge-agent audit verify says what; tell your agency")];
        return [Finding.Good("log", Entries(checkpoint!.Size)), Finding.Skipped("cosigned", patient.NoHealth ?? "no agent runs")];
    }

    private static string Entries(long size) => string.Create(CultureInfo.InvariantCulture, $"{size} entries");

    private static Finding Cosigned(long size, DateTimeOffset? time, long of, DateTimeOffset now) =>
        time is null ? Finding.Warning("cosigned", "by too few witnesses, or never", "at the witnesses: edge-agent hub witness DIR")
        : now - time > Late && size < of ? Finding.Warning("cosigned", string.Create(CultureInfo.InvariantCulture,
            $"{size} of {of} entries, last {JsonTime.Write(time.Value)}"), "at the witnesses: edge-agent hub witness DIR")
        : Finding.Good("cosigned", string.Create(CultureInfo.InvariantCulture, $"{size} of {of} entries, last {JsonTime.Write(time.Value)}"));
}
