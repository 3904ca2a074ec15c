using Edge.Storage.Audit;
using Edge.Storage.Database;

namespace Edge.Agent.Clock;

/// <summary>
/// The box's time. It never goes back, it goes on by what the machine has counted since its boot, and it does not follow a
/// machine's clock that leaps: what expires stays expired without a network and with the clock set back, and what must
/// be kept is kept with the clock set forward. Thread-safe.
/// </summary>
/// <remarks>
/// <para><b>While the machine runs</b>, restarts of the agent included, elapsed time is known: time = last known + counter. The
/// machine's clock is followed forward by <see cref="Tolerance"/> a day, which is what slewing and small corrections need.
/// Further off, to either side, is a <i>jump</i>: not followed, <see cref="UntoldJump">told</see> once.</para>
/// <para><b>Across a reboot</b> it is not known how long the machine was off. Its clock is believed, but all that rests on it
/// alone since the last confirmation may not exceed <see cref="LongestOff"/>; a clock that asks for more has jumped, and so has
/// one that is behind. Time then goes on from where it was.</para>
/// <para><b>A confirmation</b> is a timestamp of the agency's trust repository, newer than any before
/// (<see cref="Confirm"/>). It tells when it was signed: time is at least that. A machine's clock between that and
/// <see cref="LongestOff"/> later is right as far as anybody here can know; where it disagrees with the box's time, it is
/// followed only if that was wrong (earlier than the signing) or has not been confirmed since the boot. Once it
/// has, the counter is better evidence than a clock that leapt. The verified cosignature of the design joins here when
/// the log has a witness: it is another <see cref="Confirm"/>.</para>
/// <para><b>Whoever sets the clock</b>, and has neither power nor keys, gains nothing on a confirmed time, and is told of. Back,
/// time goes on by the counter, so that retention ends when it must. Forward, nothing is destroyed early. A minute a day of
/// small steps is not noticed; that is 6 hours a year, forward only. Between a boot and the first new timestamp, a day where
/// the hub signs one daily, he can do what the next one can.</para>
/// <para><b>Who can also cut the power</b> can bring forward by <see cref="LongestOff"/>, once between two confirmations and not
/// once a reboot, and so end retention early by as much. The alternative, believing nothing after a power cut, would
/// keep innocent people's entries in force and hits past their time on every box that was off over a weekend. He can also
/// keep the box off, which stops the count; it is made up for at the start, if the clock is right or a confirmation comes.</para>
/// <para><b>Who also has signed files</b>: one that this box has seen confirms nothing. One that was held back from it tells of
/// an earlier time, raises nothing, and lets him set the clock of a box just booted to at most <see cref="LongestOff"/> after its
/// signing. Those days are fewer than a timestamp lives, so a fresh timestamp is not taken for expired by a box led astray so
/// far, and it finds its way back to its hub.</para>
/// <para><b>Who has the agency's timestamp key</b> says what time it is, forward only. <b>Who can write the state folder</b> has
/// the box. <b>At the very first start</b> the machine's clock is taken as it is; to undo a wrong one, set it and delete
/// <c>clock.json</c>.</para>
/// </remarks>
public sealed class EffectiveTime : JudgedTime
{
    /// <summary>A clock further off than this has jumped; and the most by which it is followed forward in a day.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>The longest a box in service is off: a long weekend until somebody comes. Shorter than a timestamp lives, less
    /// the days it may travel on a stick.</summary>
    public static readonly TimeSpan LongestOff = TimeSpan.FromDays(4);

    private readonly TimeProvider _machine;
    private readonly IBootCounter _counter;
    private readonly string _file;
    private readonly Lock _gate = new();
    private DateTimeOffset _reached;
    private TimeSpan _at;
    private TimeSpan _unconfirmed;
    private TimeSpan _followed;
    private bool _confirmed;
    private TimeSpan _jump;
    private TimeSpan? _untold;

    private EffectiveTime(string file, TimeProvider machine, IBootCounter counter) => (_file, _machine, _counter) = (file, machine, counter);

    /// <summary>Goes on from what <paramref name="stateFolder"/> keeps; without that, from the machine's clock.</summary>
    /// <param name="machine">The machine's clock.</param>
    /// <param name="counter">What it counts since its boot.</param>
    /// <exception cref="StateDamagedException"><c>clock.json</c> is not what <see cref="Save"/> writes.</exception>
    public static EffectiveTime Open(string stateFolder, TimeProvider machine, IBootCounter counter)
    {
        var file = Path.Combine(stateFolder, "clock.json");
        var time = new EffectiveTime(file, machine, counter);
        time.Resume(KeptTime.Load(file));
        return time;
    }

    /// <summary>How far the machine's clock is off, positive if it is ahead; zero while it agrees.</summary>
    public TimeSpan Jump
    {
        get
        {
            lock (_gate)
            {
                Advance();
                return _jump;
            }
        }
    }

    /// <summary>A jump that nobody was told of, also if it is over by now; null if there is none.</summary>
    public TimeSpan? UntoldJump
    {
        get
        {
            lock (_gate)
            {
                Advance();
                return _untold;
            }
        }
    }

    /// <inheritdoc/>
    public override ClockState State
    {
        get
        {
            lock (_gate)
            {
                Advance();
                return _jump < TimeSpan.Zero ? ClockState.Floor
                    : _confirmed && _jump == TimeSpan.Zero ? ClockState.Synced : ClockState.Held;
            }
        }
    }

    public override long TimestampFrequency => _machine.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => _machine.LocalTimeZone;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            Advance();
            return _reached;
        }
    }

    public override long GetTimestamp() => _machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _machine.CreateTimer(callback, state, dueTime, period);

    /// <summary>Somebody other than the machine's clock says that it was <paramref name="signed"/> not long ago: the signing
    /// time of something verified that nobody had shown before.</summary>
    public void Confirm(DateTimeOffset signed)
    {
        lock (_gate)
        {
            Advance();
            // The hub's clock may be a little before ours: that proves nothing.
            var isWrong = signed - _reached > Tolerance;
            var known = Later(_reached - _unconfirmed, signed);
            if (signed > _reached) MoveTo(signed);
            var machine = _machine.GetUtcNow();
            if ((isWrong || !_confirmed) && machine >= signed - Tolerance && machine <= signed + LongestOff)
            {
                if (machine > _reached) MoveTo(machine);
                _confirmed = _reached - machine <= Tolerance;
            }
            _unconfirmed = _reached - known;
            Advance();
        }
    }

    /// <summary>Somebody was told of <see cref="UntoldJump"/>.</summary>
    public void JumpTold()
    {
        lock (_gate) _untold = null;
    }

    /// <summary>Makes what was reached durable: at every turn of the housekeeping and at the end.</summary>
    /// <exception cref="IOException">The disk refused; what is on it is what it was.</exception>
    public void Save()
    {
        KeptTime kept;
        lock (_gate)
        {
            Advance();
            // The next whole second, and what the counter will show then: nothing is lost, and nothing gained by restarting.
            var floor = new DateTimeOffset((_reached.UtcTicks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond,
                TimeSpan.Zero);
            kept = new KeptTime(floor, _counter.Boot, _at + (floor - _reached), _unconfirmed, _followed, _confirmed,
                _untold is null ? _jump : TimeSpan.Zero);
        }
        kept.Save(_file);
    }

    private void Resume(KeptTime? kept)
    {
        var machine = _machine.GetUtcNow();
        _at = _counter.Elapsed;
        if (kept is null)
        {
            _reached = machine;
            return;
        }
        (_reached, _unconfirmed, _followed) = (kept.Floor, kept.Unconfirmed, kept.Followed);
        if (kept.Boot == _counter.Boot)
        {
            _reached += _at - kept.Counter;
            (_confirmed, _jump) = (kept.Confirmed, kept.Told);
        }
        else if (machine > _reached && _unconfirmed + (machine - _reached) <= LongestOff)
        {
            _unconfirmed += machine - _reached;
            _reached = machine;
        }
        Advance();
    }

    /// <summary>To the present. The caller holds the gate.</summary>
    private void Advance()
    {
        var (machine, at) = (_machine.GetUtcNow(), _counter.Elapsed);
        var elapsed = at - _at;
        (_reached, _at) = (_reached + elapsed, at);
        _followed -= elapsed / TimeSpan.FromDays(1) * Tolerance;
        if (_followed < TimeSpan.Zero) _followed = TimeSpan.Zero;

        var off = machine - _reached;
        if (off > TimeSpan.Zero && off <= Tolerance - _followed)
        {
            _followed += off;
            _reached = machine;
        }
        if (off.Duration() <= Tolerance) _jump = TimeSpan.Zero;
        else if (_jump == TimeSpan.Zero || (off - _jump).Duration() > Tolerance) (_jump, _untold) = (off, off);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    /// <summary>Forward, by what somebody confirmed: a clock that was off is then off by less, and that is no new jump.</summary>
    private void MoveTo(DateTimeOffset time)
    {
        if (_jump != TimeSpan.Zero) _jump -= time - _reached;
        _reached = time;
    }
}
