using System.Device.Gpio;
using Edge.Agent.Governance;
using Edge.Agent.Sticks;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Device.Gpio;

/// <summary>What the panel asks and tells.</summary>
/// <param name="Trouble">Asked once a second how the box is: <see cref="BoxSignal.CameraTrouble"/>, <see cref="BoxSignal.NoBroker"/>,
/// <see cref="BoxSignal.Starting"/> or <see cref="BoxSignal.Running"/>.</param>
/// <param name="Brightness">The mean of the latest picture, 0 to 255; null where there is none.</param>
/// <param name="Opened">Told how often the lid was opened: each time, and beyond 60 times in an hour once, when that is over. A switch that
/// chatters must not fill the log.</param>
internal sealed record GpioPanelTasks(Func<BoxSignal> Trouble, Func<double?> Brightness, Action<int> Opened);

/// <summary>The box's pins. It looks at the inputs forty times a second instead of waiting for their edges: a switch that is open at the start is
/// seen, an edge that is lost costs nothing, and no thread of a native library runs. A loop that no vehicle occupies for a fortieth of a second
/// is not seen; the ones in roads hold their output for a tenth at least.</summary>
internal sealed class GpioPanel : IDisposable
{
    /// <summary>How long a stick's outcome is shown.</summary>
    public static readonly TimeSpan StickShownFor = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    private readonly GpioConfiguration _configuration;
    private readonly GpioPanelTasks _tasks;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Dictionary<int, GpioController> _controllers = [];
    private readonly List<Action<TimeSpan>> _inputs = [];
    private readonly Lamp? _lamp;
    private readonly Action<bool>? _light, _illuminate;
    private readonly HourlyBudget _openings = new();
    private readonly long _start;
    private (BoxSignal Signal, TimeSpan Since) _shown = (BoxSignal.Starting, TimeSpan.Zero);
    private (StickSign Sign, TimeSpan At)? _stick;
    private BoxSignal _trouble = BoxSignal.Starting;
    private TimeSpan _asked = TimeSpan.MinValue;
    private bool _failing;
    private long _triggers;

    /// <summary>Opens what can be opened. What cannot is said once, each line, and the box goes on without it.</summary>
    public GpioPanel(GpioConfiguration configuration, IGpioBoard board, GpioPanelTasks tasks, TimeProvider time, ILogger log)
    {
        (_configuration, _tasks, _time, _log, _start) = (configuration, tasks, time, log, time.GetTimestamp());
        var rows = GpioLookup.Rows(configuration, board.Chips()).ToDictionary(row => row.Name);
        if (configuration.Tamper is { } tamper) AddInput(board, rows["gpio.tamper"], tamper.Line, tamper.Pull, tamper.Steady, Tampered);
        if (configuration.Trigger is { } trigger) AddInput(board, rows["gpio.trigger"], trigger.Line, trigger.Pull, trigger.Steady, Triggered);
        if (configuration.Light is { } light) _light = OpenOutput(board, rows["gpio.light"], light);
        if (configuration.Illuminator is not { } illuminator) return;
        _lamp = new Lamp(illuminator);
        _illuminate = OpenOutput(board, rows["gpio.illuminator"], illuminator.Line);
    }

    /// <summary>How often the trigger became active since the start.</summary>
    public long Triggers => Interlocked.Read(ref _triggers);

    private int _opened; // and not told of yet

    /// <summary>True once the lid was open since the start: the light goes on saying so.</summary>
    public bool WasOpened { get; private set; }

    /// <summary>True while the box shows that it is out of service.</summary>
    public bool Decommissioned { get; set; }

    /// <summary>Shows what happens to a stick. Thread-safe.</summary>
    public void Show(StickSign sign)
    {
        lock (_controllers) _stick = (sign, Elapsed);
    }

    /// <summary>Looks until told to stop, and puts the outputs out.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(LookEvery, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stop)) Look();
        }
        finally
        {
            Attempt(() =>
            {
                _light?.Invoke(false);
                _illuminate?.Invoke(false);
            });
        }
    }

    /// <summary>One look.</summary>
    public void Look()
    {
        var at = Elapsed;
        Attempt(() =>
        {
            foreach (var input in _inputs) input(at);
            Shine(at);
        });
        // Outside: what fails in telling of an opened lid is no failure of the lines, and is not to be taken for one.
        var opened = _opened + _openings.TakeFurther(_time.GetUtcNow());
        _opened = 0;
        if (opened > 0) _tasks.Opened(opened);
    }

    public void Dispose()
    {
        foreach (var controller in _controllers.Values) controller.Dispose();
    }

    private TimeSpan Elapsed => _time.GetElapsedTime(_start);

    private void Shine(TimeSpan at)
    {
        if (_light is null && _illuminate is null) return;
        if (_asked == TimeSpan.MinValue || at - _asked >= AskEvery)
        {
            (_asked, _trouble) = (at, _tasks.Trouble());
            var local = TimeOnly.FromDateTime(TimeZoneInfo.ConvertTime(_time.GetUtcNow(), _time.LocalTimeZone).DateTime);
            if (_lamp is not null && _illuminate is not null) _illuminate(_lamp.Look(local, _tasks.Brightness(), at));
        }
        var signal = Signal(at);
        if (signal != _shown.Signal) _shown = (signal, at);
        _light?.Invoke(LightPatterns.IsOn(signal, at - _shown.Since));
    }

    private BoxSignal Signal(TimeSpan at)
    {
        if (Decommissioned) return BoxSignal.Decommissioned;
        lock (_controllers)
            if (_stick is { } stick && (stick.Sign == StickSign.Writing ? StickDesk.Patience : StickShownFor) > at - stick.At)
                return stick.Sign switch { StickSign.Writing => BoxSignal.StickWriting, StickSign.Done => BoxSignal.StickDone, _ => BoxSignal.StickRefused };
        return WasOpened ? BoxSignal.Tampered : _trouble;
    }

    private void Tampered(bool open)
    {
        if (!open) return;
        WasOpened = true;
        if (!_openings.TrySpend(_time.GetUtcNow())) return;
        _log.LogWarning("the lid was opened");
        _opened++;
    }

    private void Triggered(bool occupied)
    {
        if (!occupied) return;
        _log.LogDebug("trigger {Count}", Interlocked.Increment(ref _triggers));
    }

    private void AddInput(IGpioBoard board, GpioRow row, GpioLine line, GpioPull pull, TimeSpan steady, Action<bool> changed)
    {
        var mode = pull switch { GpioPull.Up => PinMode.InputPullUp, GpioPull.Down => PinMode.InputPullDown, _ => PinMode.Input };
        if (Open(board, row, mode) is not { } controller) return;
        var input = new SteadyInput(steady);
        _inputs.Add(at =>
        {
            if (input.Look((controller.Read(row.Offset) == PinValue.High) != line.ActiveLow, at)) changed(input.IsActive);
        });
    }

    // Written only when it changes: the line is not to be driven forty times a second.
    private Action<bool>? OpenOutput(IGpioBoard board, GpioRow row, GpioLine line)
    {
        if (Open(board, row, PinMode.Output, line.ActiveLow ? PinValue.High : PinValue.Low) is not { } controller) return null;
        var now = false;
        return on =>
        {
            if (on == now) return;
            controller.Write(row.Offset, on != line.ActiveLow ? PinValue.High : PinValue.Low);
            now = on;
        };
    }

    private GpioController? Open(IGpioBoard board, GpioRow row, PinMode mode, PinValue? first = null)
    {
        try
        {
            if (row.Chip is not { } chip || !row.IsFound) throw new GpioException(row.Says);
            if (!_controllers.TryGetValue(chip.Number, out var controller)) _controllers[chip.Number] = controller = new GpioController(board.Open(chip));
            if (!controller.IsPinModeSupported(row.Offset, mode))
                throw new GpioException($"{row.Says} cannot be {mode}: set pull to none and use a resistor");
            if (first is { } value) controller.OpenPin(row.Offset, mode, value);
            else controller.OpenPin(row.Offset, mode);
            return controller;
        }
        catch (GpioException refused)
        {
            _log.LogWarning("{Key} is not used: {Reason}", row.Name, refused.Message);
        }
        catch (Exception refused) when (refused is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            _log.LogWarning("{Key} is not used: {Line} cannot be opened; is it in use by something else?", row.Name, row.Says);
        }
        return null;
    }

    // A chip that is gone takes neither the box nor its log with it.
    private void Attempt(Action look)
    {
        try
        {
            look();
            _failing = false;
        }
        catch (Exception refused) when (refused is IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            if (!_failing) _log.LogError("the GPIO lines cannot be read or driven any more ({Failure}); the agent goes on trying", refused.GetType().Name);
            _failing = true;
        }
    }
}
