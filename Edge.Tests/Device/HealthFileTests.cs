using Edge.Agent.Cli;
using Edge.Agent.Device;
using Edge.Agent.Hits;
using Edge.Agent.Publishing;
using Edge.Agent.Witnessing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Tests.Support;
using Edge.Vision.Capture;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Device;

public sealed class HealthFileTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 8, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly MachineClock _machine = new(Now);
    private readonly HealthFile _file;

    public HealthFileTests() => _file = new HealthFile(_folder.Path, _machine);

    public void Dispose() => _folder.Dispose();

    internal static BoxHealth Health(DateTimeOffset at, long frames = 1000, string? error = null) => new()
    {
        Box = "riverton/box-1", Software = "0.1.0", Clock = ClockState.Synced, WrappedBy = WrappingKeySource.Credential, At = at, Since = Now.AddHours(-3),
        Cameras = [new CameraLook("lane-1", new CameraHealth(error is null ? CameraState.Running : CameraState.Stalled, Now, frames, 2, 1, error))],
        Counts = new ReadCounts(frames, 40, 2), Outbox = new OutboxCounts(3, 1, 0, 4096, 9), Link = new LinkLook("broker.city.example:8883", Now, null),
        Log = new LogLook(77, new LogStanding(70, Now)), Trust = new TrustLook(3, Now.AddDays(60), Now.AddDays(6), 12, 1),
    };

    [Fact]
    public void What_the_agent_says_is_what_is_read()
    {
        var said = Health(Now);
        _file.Write(said);
        Assert.Equal(HealthFile.ToJson(said), HealthFile.ToJson(_file.Read(out var reason)!));
        Assert.Null(reason);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(_folder.File("health.json")));
        Assert.Equal(["health.json"], Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_camera_that_counts_anew_because_vision_was_restarted_has_no_rate_until_the_next_look()
    {
        var restarted = Health(Now.AddSeconds(5), frames: 10).WithRates(Health(Now, frames: 1000));
        Assert.Null(restarted.Cameras[0].FramesPerSecond);
        Assert.Equal(20, Health(Now.AddSeconds(10), frames: 110).WithRates(restarted).Cameras[0].FramesPerSecond);
    }

    [Fact]
    public void An_agent_that_has_died_is_not_taken_for_one_that_runs_whatever_the_clock_is_set_to()
    {
        _file.Write(Health(Now));
        _machine.Set(Now.AddYears(-1));
        Assert.NotNull(_file.Read(out _));
        _machine.Advance(HealthFile.Stale + TimeSpan.FromSeconds(1));
        Assert.Null(_file.Read(out var reason));
        Assert.Contains("systemctl start edge-agent", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_said_before_the_machine_started_is_nothing_now()
    {
        _file.Write(Health(Now));
        _machine.Reboot(TimeSpan.FromSeconds(1));
        Assert.Null(_file.Read(out _));
    }

    [Fact]
    public void What_an_agent_of_another_version_says_is_not_guessed_at()
    {
        _file.Write(Health(Now));
        File.WriteAllText(_folder.File("health.json"), File.ReadAllText(_folder.File("health.json")).Replace("\"counts\"", "\"accounts\"",
            StringComparison.Ordinal));
        Assert.Null(_file.Read(out var reason));
        Assert.Contains("systemctl restart edge-agent", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_written_every_five_seconds_with_the_frames_of_each_second_and_gone_after_a_stop()
    {
        var frames = 0L;
        using var stop = new CancellationTokenSource();
        var running = _file.RunAsync(() => Health(_machine.GetUtcNow(), frames), _machine, NullLogger.Instance, stop.Token);
        Assert.Null(_file.Read(out _)!.Cameras[0].FramesPerSecond);
        frames = 125;
        _machine.Advance(HealthFile.Every);
        await Eventually.True(() => _file.Read(out _)?.Cameras[0].FramesPerSecond == 25, "125 frames in five seconds are 25 a second");
        await stop.CancelAsync();
        await running;
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public async Task A_box_without_the_folder_goes_on()
    {
        using var stop = new CancellationTokenSource();
        var running = new HealthFile(_folder.File("none"), _machine).RunAsync(() => Health(Now), _machine, NullLogger.Instance, stop.Token);
        _machine.Advance(HealthFile.Every);
        Assert.False(running.IsFaulted);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public void Its_short_form_says_all_that_matters_in_a_few_lines()
    {
        var text = StatusCommand.Text(Health(Now));
        Assert.InRange(text.Split('\n').Length, 5, 12);
        Assert.All(["riverton/box-1", "lane-1: running", "42 = 40 discarded + 2 hits", "linked to broker.city.example:8883", "4 wait",
            "77 entries, 70 cosigned", "hotlist of 12"],
            part => Assert.Contains(part, text, StringComparison.Ordinal));
    }
}
