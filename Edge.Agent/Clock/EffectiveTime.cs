using System.Text.Json.Nodes;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Clock;

/// <summary>The box's time, which never goes back: the machine's clock, or the latest time that is known to have passed plus what
/// the monotonic counter has counted since, whichever is later. What expires stays expired, without a network and with the
/// clock set back, also over a restart.</summary>
/// <remarks>The floor is kept in <c>clock.json</c>, <c>{"floor"}</c>. A clock that was set forward raises it too, and then what
/// should live is ended early: an incident to be seen, and the safer of the two mistakes. To undo it, set the clock and delete the
/// file. TUF timestamps raise nothing: they name when they end, not when they were signed. Thread-safe.</remarks>
public sealed class EffectiveTime : TimeProvider
{
    private readonly TimeProvider _machine;
    private readonly string _file;
    private readonly Lock _gate = new();
    private DateTimeOffset _reached;
    private DateTimeOffset _saved;
    private long _at;

    private EffectiveTime(string file, TimeProvider machine, DateTimeOffset floor)
    {
        (_file, _machine) = (file, machine);
        (_reached, _saved, _at) = (floor, floor, machine.GetTimestamp());
    }

    /// <summary>Opens the floor kept in <paramref name="stateFolder"/>; without one there is none yet.</summary>
    /// <param name="machine">The machine's clock and its monotonic counter.</param>
    /// <exception cref="StateDamagedException">The file is not what <see cref="Save"/> writes.</exception>
    public static EffectiveTime Open(string stateFolder, TimeProvider machine)
    {
        var file = Path.Combine(stateFolder, "clock.json");
        if (!File.Exists(file)) return new EffectiveTime(file, machine, DateTimeOffset.UnixEpoch);
        return StrictJson.TryRead(File.ReadAllBytes(file), 256, fields => new Floor(fields.Instant("floor")), out var kept, out var problems)
            ? new EffectiveTime(file, machine, kept.Time)
            : throw new StateDamagedException($"{file}: {problems[0]}; set the machine's clock, then delete the file");
    }

    /// <summary>How far the machine's clock is behind what is known to have passed; zero while it is not.</summary>
    public TimeSpan Behind => GetUtcNow() - _machine.GetUtcNow() is var behind && behind > TimeSpan.Zero ? behind : TimeSpan.Zero;

    public override long TimestampFrequency => _machine.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => _machine.LocalTimeZone;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            var (now, counter) = (_machine.GetUtcNow(), _machine.GetTimestamp());
            var counted = _reached + _machine.GetElapsedTime(_at, counter);
            (_reached, _at) = (now > counted ? now : counted, counter);
            return _reached;
        }
    }

    public override long GetTimestamp() => _machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _machine.CreateTimer(callback, state, dueTime, period);

    /// <summary>Makes what was reached durable: at every turn of the housekeeping and at the end.</summary>
    /// <exception cref="IOException">The disk refused; the floor on it is what it was.</exception>
    public void Save()
    {
        if (GetUtcNow() is var floor && JsonTime.Write(floor) == JsonTime.Write(_saved)) return;
        DurableFile.Write(_file, CanonicalJson.Write(new JsonObject { ["floor"] = JsonTime.Write(floor) }));
        _saved = floor;
    }

    private sealed record Floor(DateTimeOffset Time);
}
