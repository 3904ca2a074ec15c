using System.Device.Gpio;
using System.Text;
using Edge.Agent.Device.Gpio;
using Edge.Agent.Publishing;
using Edge.Agent.Sticks;
using Edge.Storage.Json;
using Edge.Tests.Orders;
using Edge.Tests.Support;
using Edge.Vision.Capture;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Device;

/// <summary>The pins behind the library's own controller; only its driver is a test's.</summary>
public sealed class GpioPanelTests
{
    private static readonly GpioChip Soc = new(4, "soc", ["", "LID", "LOOP", "LED", "IR", "TWIN", "TWIN", ""]);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 10, 24, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeBoard _board = new(new GpioChip(0, "other", ["LID"]), Soc);
    private readonly OrderLab.KeptLog _log = new();
    private BoxSignal _trouble = BoxSignal.Running;
    private double? _brightness;
    private int _opened;

    private FakePins Pins => _board.Of(Soc.Number);

    private GpioPanel Panel(string json, FakeBoard? board = null)
    {
        Assert.True(StrictJson.TryRead(Encoding.UTF8.GetBytes(json), 4096, GpioConfiguration.Read, out var configuration, out var problems),
            string.Join('\n', problems));
        return new GpioPanel(configuration, board ?? _board, new GpioPanelTasks(() => _trouble, () => _brightness, times => _opened += times), _time, _log);
    }

    /// <summary>Time goes on, with a look every 25 ms.</summary>
    private void Pass(GpioPanel panel, double milliseconds)
    {
        for (var passed = 0.0; passed < milliseconds; passed += 25)
        {
            _time.Advance(TimeSpan.FromMilliseconds(25));
            panel.Look();
        }
    }

    [Fact]
    public void A_lid_that_is_opened_is_told_once_after_its_bounces_and_again_when_it_is_opened_again()
    {
        using var panel = Panel("""{ "tamper": { "chip": "soc", "line": "LID", "debounceMilliseconds": 200 } }""");
        for (var i = 0; i < 20; i++)
        {
            Pins.Levels[1] = i % 2 == 0 ? PinValue.High : PinValue.Low;
            Pass(panel, 100);
        }
        Assert.Equal(0, _opened);
        Pins.Levels[1] = PinValue.High;
        Pass(panel, 175);
        Assert.Equal(0, _opened);
        Pass(panel, 75);
        Assert.Equal(1, _opened);
        Pass(panel, 60_000);
        Assert.Equal(1, _opened);
        Pins.Levels[1] = PinValue.Low;
        Pass(panel, 1000);
        Pins.Levels[1] = PinValue.High;
        Pass(panel, 1000);
        Assert.Equal(2, _opened);
        Assert.True(panel.WasOpened);
    }

    [Fact]
    public void A_lid_that_chatters_is_told_sixty_times_an_hour_and_then_how_often()
    {
        var told = new List<int>();
        var lid = new TamperConfiguration(new GpioLine("soc", "LID", 0, false), GpioPull.None, TimeSpan.Zero, false);
        using var panel = new GpioPanel(new GpioConfiguration(lid, null, null, null), _board, new GpioPanelTasks(() => _trouble, () => null, told.Add),
            _time, _log);
        for (var i = 0; i < 100; i++)
        {
            Pins.Levels[1] = PinValue.High;
            Pass(panel, 25);
            Pins.Levels[1] = PinValue.Low;
            Pass(panel, 25);
        }
        Assert.Equal(60, told.Count);
        _time.Advance(TimeSpan.FromHours(1));
        panel.Look();
        Assert.Equal((61, 40), (told.Count, told[^1]));
    }

    [Fact]
    public void What_fails_in_telling_of_an_opened_lid_is_not_taken_for_a_failure_of_the_lines()
    {
        var lid = new TamperConfiguration(new GpioLine("soc", "LID", 0, false), GpioPull.None, TimeSpan.Zero, false);
        using var panel = new GpioPanel(new GpioConfiguration(lid, null, null, null), _board,
            new GpioPanelTasks(() => _trouble, () => null, _ => throw new IOException("the log is damaged")), _time, _log);
        panel.Look();
        Pins.Levels[1] = PinValue.High;
        _time.Advance(TimeSpan.FromMilliseconds(25));
        Assert.Equal("the log is damaged", Assert.Throws<IOException>(panel.Look).Message);
    }

    [Fact]
    public void A_lid_that_was_opened_while_the_box_was_off_is_told_at_the_start()
    {
        Pins.Levels[1] = PinValue.Low;
        using var panel = Panel("""{ "tamper": { "chip": "soc", "line": "LID", "activeLow": true, "pull": "up" } }""");
        Pass(panel, 300);
        Assert.Equal((1, PinMode.InputPullUp), (_opened, Pins.Modes[1]));
    }

    [Fact]
    public void A_vehicle_on_the_loop_is_counted_once()
    {
        using var panel = Panel("""{ "trigger": { "chip": "soc", "line": "LOOP" } }""");
        for (var i = 0; i < 3; i++)
        {
            Pins.Levels[2] = PinValue.High;
            Pass(panel, 100 + i * 500);
            Pins.Levels[2] = PinValue.Low;
            Pass(panel, 100);
        }
        Assert.Equal((3, 0), (panel.Triggers, _opened));
    }

    [Fact]
    public void The_light_shows_the_most_important_of_what_holds_and_a_stick_s_outcome_for_a_minute()
    {
        using var panel = Panel("""{ "light": { "chip": "soc", "line": "LED" }, "tamper": { "chip": "soc", "line": "LID" } }""");
        foreach (var signal in new[] { BoxSignal.Starting, BoxSignal.Running, BoxSignal.CameraTrouble, BoxSignal.NoBroker })
        {
            _trouble = signal;
            Shows(panel, signal);
        }
        Pins.Levels[1] = PinValue.High;
        Pass(panel, 1000);
        Shows(panel, BoxSignal.Tampered);
        panel.Show(StickSign.Writing);
        Shows(panel, BoxSignal.StickWriting);
        panel.Show(StickSign.Done);
        Shows(panel, BoxSignal.StickDone);
        panel.Show(StickSign.Refused);
        Shows(panel, BoxSignal.StickRefused);
        Pass(panel, 60_000);
        Shows(panel, BoxSignal.Tampered);
        panel.Decommissioned = true;
        Shows(panel, BoxSignal.Decommissioned);
    }

    [Fact]
    public void A_light_that_is_on_while_its_line_is_low_is_written_the_other_way_round_and_only_when_it_changes()
    {
        using var panel = Panel("""{ "light": { "chip": "soc", "offset": 3, "activeLow": true } }""");
        Assert.Equal(PinValue.High, Pins.Levels[3]); // off from the start
        Pins.Written.Clear();
        Pass(panel, 10_000);
        Assert.Equal([(3, false), (3, true), (3, false), (3, true)], Pins.Written.Take(4));
        Assert.InRange(Pins.Written.Count, 4, 6);
    }

    [Fact]
    public async Task When_the_agent_stops_lamp_and_light_go_out()
    {
        using var panel = Panel("""
            { "light": { "chip": "soc", "line": "LED" }, "illuminator": { "chip": "soc", "line": "IR", "schedule": { "from": "00:00", "to": "23:59" } } }
            """);
        using var stop = new CancellationTokenSource();
        var running = panel.RunAsync(stop.Token);
        panel.Show(StickSign.Done);
        await Eventually.TrueAsTimePasses(_time, () => Pins.Levels[3] == PinValue.High && Pins.Levels[4] == PinValue.High, "both are on");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal((PinValue.Low, PinValue.Low), (Pins.Levels[3], Pins.Levels[4]));
    }

    [Theory]
    [InlineData("18:30", "06:00", "18:29", false)]
    [InlineData("18:30", "06:00", "18:30", true)]
    [InlineData("18:30", "06:00", "02:00", true)]
    [InlineData("18:30", "06:00", "06:00", false)]
    [InlineData("08:00", "10:00", "09:59", true)]
    [InlineData("08:00", "10:00", "10:00", false)]
    public void The_lamp_follows_the_clock_on_the_wall(string from, string to, string now, bool on)
    {
        var lamp = new Lamp(new IlluminatorConfiguration(new GpioLine("soc", "IR", 0, false), (TimeOnly.Parse(from, null), TimeOnly.Parse(to, null)), null));
        Assert.Equal(on, lamp.Look(TimeOnly.Parse(now, null), brightness: null, TimeSpan.Zero));
    }

    [Fact]
    public void The_lamp_s_hours_are_local_in_summer_and_in_winter()
    {
        _time.SetLocalTimeZone(TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
        using var panel = Panel("""{ "illuminator": { "chip": "soc", "line": "IR", "schedule": { "from": "18:30", "to": "06:00" } } }""");
        foreach (var (utc, on) in new[]
            { ("2026-10-24T16:29:00Z", false), ("2026-10-24T16:31:00Z", true), ("2026-10-25T16:31:00Z", false), ("2026-10-25T17:31:00Z", true) })
        {
            _time.SetUtcNow(DateTimeOffset.Parse(utc, System.Globalization.CultureInfo.InvariantCulture));
            Pass(panel, 1025);
            Assert.Equal(on, Pins.Levels[4] == PinValue.High);
        }
    }

    [Fact]
    public void By_brightness_the_lamp_does_not_put_itself_out_and_a_shadow_is_no_night()
    {
        using var panel = Panel("""{ "illuminator": { "chip": "soc", "line": "IR", "brightness": { "below": 40, "above": 90 } } }""");
        bool On() => Pins.Levels[4] == PinValue.High;
        Pass(panel, 5000);
        Assert.False(On()); // no picture yet: nothing changes
        _brightness = 39;
        Pass(panel, 1025);
        Assert.True(On());
        _brightness = 85; // its own light
        Pass(panel, 300_000);
        Assert.True(On());
        _brightness = 91;
        Pass(panel, 1025);
        Assert.False(On());
        _brightness = 20; // a lorry
        Pass(panel, 60_000);
        _brightness = 120;
        Pass(panel, 60_000);
        Assert.False(On());
    }

    [Theory]
    [InlineData("""{ "tamper": { "chip": "none", "line": "LID" } }""", "gpio.tamper is not used: no chip is labelled none; here are: other, soc")]
    [InlineData("""{ "light": { "chip": "soc", "line": "LAMP" } }""",
        "gpio.light is not used: no line of soc is named LAMP; here are: LID, LOOP, LED, IR, TWIN")]
    [InlineData("""{ "light": { "chip": "soc", "line": "TWIN" } }""", "gpio.light is not used: 2 lines of soc are named TWIN: give its offset instead")]
    [InlineData("""{ "trigger": { "chip": "soc", "offset": 8 } }""", "gpio.trigger is not used: soc has lines 0 to 7, and none is 8")]
    [InlineData("""{ "illuminator": { "chip": "soc", "line": "IR", "schedule": { "from": "00:00", "to": "00:01" } } }""",
        "gpio.illuminator is not used: line IR of soc cannot be opened; is it in use by something else?")]
    [InlineData("""{ "tamper": { "chip": "soc", "line": "LID", "pull": "up" } }""",
        "gpio.tamper is not used: line LID of soc cannot be InputPullUp: set pull to none and use a resistor")]
    public void A_wrong_chip_or_line_is_said_once_with_what_there_is_and_the_box_goes_on(string json, string said)
    {
        (Pins.HasPulls, _) = (false, Pins.InUse.Add(4));
        using var panel = Panel(json);
        Pass(panel, 2000);
        Assert.Equal([said], _log.Lines);
    }

    [Fact]
    public void A_machine_without_pins_says_so_and_goes_on()
    {
        using var panel = Panel("""{ "light": { "chip": "soc", "line": "LED" } }""", new FakeBoard());
        Pass(panel, 2000);
        Assert.StartsWith("gpio.light is not used: this machine shows the agent no GPIO chip", Assert.Single(_log.Lines), StringComparison.Ordinal);
        Assert.All(new KernelGpio().Chips(), chip => Assert.NotEmpty(chip.Label));
    }

    [Fact]
    public void A_chip_that_is_gone_is_said_once_and_tried_again()
    {
        using var panel = Panel("""{ "tamper": { "chip": "soc", "line": "LID" } }""");
        Pins.IsGone = true;
        Pass(panel, 2000);
        Assert.Single(_log.Lines, line => line.Contains("cannot be read", StringComparison.Ordinal));
        (Pins.IsGone, Pins.Levels[1]) = (false, PinValue.High);
        Pass(panel, 1000);
        Assert.Equal(1, _opened);
    }

    [Fact]
    public void The_page_for_people_has_every_signal_as_the_light_shows_it()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "gpio.md"));
        Assert.All(LightPatterns.All, signal => Assert.Contains(
            $"| `{signal.Key}` | {(signal.Value.Count == 0 ? "off" : string.Join(' ', signal.Value))} |", page, StringComparison.Ordinal));
        // Between 3 and 60 flashes a second harm some people (WCAG 2.2, 2.3.1).
        Assert.All(LightPatterns.All.Values.Where(pattern => pattern.Count > 2 || pattern is [_, > 0]),
            pattern => Assert.True(pattern.Chunk(2).All(flash => flash.Sum() >= 400) || pattern.Sum() >= 1000));
    }

    [Theory]
    [InlineData(new CameraState[0], true, BoxSignal.Starting)]
    [InlineData(new[] { CameraState.Running, CameraState.Running }, true, BoxSignal.Running)]
    [InlineData(new[] { CameraState.Running, CameraState.Frozen }, true, BoxSignal.CameraTrouble)]
    [InlineData(new[] { CameraState.Running, CameraState.Stalled }, false, BoxSignal.CameraTrouble)]
    [InlineData(new[] { CameraState.Running }, false, BoxSignal.NoBroker)]
    [InlineData(new[] { CameraState.Stopped }, false, BoxSignal.Starting)]
    public void A_camera_in_trouble_is_shown_before_a_broker_that_is_away(CameraState[] cameras, bool connected, object signal) =>
        Assert.Equal((BoxSignal)signal, BoxSignals.Of(cameras, new LinkLook(connected ? "broker:8883" : null, default, null)));

    /// <summary>The light does, for twenty seconds, what the pattern says.</summary>
    private void Shows(GpioPanel panel, BoxSignal signal)
    {
        Pass(panel, 1025); // asked for once a second
        var on = 0;
        for (var i = 0; i < 400; i++)
        {
            Pass(panel, 25);
            if (Pins.Levels[3] == PinValue.High) on++;
        }
        var pattern = LightPatterns.All[signal];
        var share = pattern.Count == 0 ? 0 : (double)pattern.Where((_, i) => i % 2 == 0).Sum() / pattern.Sum();
        Assert.InRange(on / 400.0, share - 0.06, share + 0.06);
    }
}
