using System.Text.Json;
using System.Text.Json.Serialization;
using Edge.Agent.Clock;
using Edge.Storage.Files;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Device;

/// <summary>How the running agent tells <c>status</c> and <c>doctor</c> how the box is: <c>health.json</c> in the run folder, written anew every
/// few seconds, mode 0640, in memory and not on the disk. What is in it: <see cref="BoxHealth"/>.</summary>
/// <remarks>Not chosen: a socket. Who asks is then a client to be judged by a process that sees plates; a file can only be read, by whom the
/// folder lets in.</remarks>
internal sealed class HealthFile(string runFolder, IBootCounter counter)
{
    /// <summary>How often it is written.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>Older than this it is of an agent that does not run any more: the unit's watchdog (WatchdogSec) has ended it. Believed for less, an agent on a
    /// slow machine seems to be none, and doctor tries the broker in its name, which ends its link.</summary>
    public static readonly TimeSpan Stale = TimeSpan.FromSeconds(60);

    private const int MaxBytes = 1024 * 1024;
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) }, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly string _file = Path.Combine(runFolder, "health.json");

    /// <summary>Writes until told to stop, and takes the file away then. A box without the folder goes on without.</summary>
    public async Task RunAsync(Func<BoxHealth> look, TimeProvider time, ILogger log, CancellationToken stop)
    {
        BoxHealth? before = null;
        var warned = false;
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            do
                try
                {
                    if (!Directory.Exists(runFolder)) continue;
                    var now = look();
                    Write(now.WithRates(before));
                    before = now;
                    warned = false;
                }
                catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
                {
                    // Diagnostics may fail, the box may not.
                    if (!warned) log.LogWarning("{Folder} cannot be written, so status and doctor know less: {Reason}", runFolder, refused.Message);
                    warned = true;
                }
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The usual end.
        }
        try
        {
            File.Delete(_file);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // It is stale soon.
        }
    }

    /// <summary>Writes one look.</summary>
    public void Write(BoxHealth health)
    {
        var making = _file + DurableFile.TemporarySuffix;
        using (var file = new FileStream(making, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
            JsonSerializer.Serialize(file, new Kept(counter.Boot, counter.Elapsed.TotalSeconds, health), Format);
        File.SetUnixFileMode(making, Mode); // the service's umask takes the group's bit
        File.Move(making, _file, overwrite: true);
    }

    /// <summary>What the running agent last said.</summary>
    /// <param name="reason">Why there is nothing to read, with what to do; null if there is.</param>
    public BoxHealth? Read(out string? reason)
    {
        reason = "no agent runs here: systemctl start edge-agent, or with a configuration of its own edge-agent run --config FILE";
        try
        {
            using var file = PlainFile.OpenRead(_file);
            if (file.Length > MaxBytes || JsonSerializer.Deserialize<Kept>(file, Format) is not { Health: not null } kept) return null;
            // By what the machine counts since its boot: no clock that is set makes a dead agent look alive.
            if (kept.Boot != counter.Boot || counter.Elapsed.TotalSeconds - kept.Uptime > Stale.TotalSeconds) return null;
            reason = null;
            return kept.Health;
        }
        catch (JsonException)
        {
            reason = "the agent that runs here is of another version than this program: systemctl restart edge-agent";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(_file)) reason = $"{_file} cannot be read: run this as root or in the group edge-agent";
        }
        return null;
    }

    /// <summary>As <c>--json</c> shows it.</summary>
    public static string ToJson(BoxHealth health) => JsonSerializer.Serialize(health, Format);

    private sealed record Kept(string Boot, double Uptime, BoxHealth Health);
}
