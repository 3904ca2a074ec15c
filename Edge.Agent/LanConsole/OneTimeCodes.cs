using System.Text.Json.Nodes;
using Edge.Agent.Governance;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Trust;
using OtpNet;

namespace Edge.Agent.LanConsole;

/// <summary>What a code was worth.</summary>
internal enum CodeVerdict
{
    Good,
    Wrong,
    /// <summary>It was right, and somebody came in with it, or with a later one, before.</summary>
    Used,
    /// <summary>Too many were wrong: none is looked at for now, not even a right one.</summary>
    Locked,
}

/// <summary>One-time codes (RFC 6238: HMAC-SHA-1, 6 digits, 30 s), each good once and for one person. What was used and who is locked out is on the disk
/// before anybody comes in, so that a restart forgets neither. Thread-safe.</summary>
internal sealed class OneTimeCodes
{
    /// <summary>So many wrong ones in a row lock out, and each further one again, for twice as long.</summary>
    public const int MostWrong = 5;

    public static readonly TimeSpan FirstLock = TimeSpan.FromMinutes(1);

    public static readonly TimeSpan LongestLock = TimeSpan.FromHours(1);

    public const string FileName = "codes.json";

    private const int Step = 30;
    private const int Digits = 6;
    private const int MaxBytes = 256 * 1024;
    private const int MostWrongCounted = 1_000_000;

    // One step either way: a phone's clock is a little off, and people type slowly.
    private static readonly VerificationWindow Window = new(previous: 1, future: 1);

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, State> _people;

    private OneTimeCodes(string path, TimeProvider time, Dictionary<string, State> people) => (_path, _time, _people) = (path, time, people);

    /// <exception cref="ConsoleException">The file is damaged: nobody is let in on what it may have said.</exception>
    public static OneTimeCodes Open(string folder, TimeProvider time)
    {
        DurableFile.MakeFolder(folder);
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return new OneTimeCodes(path, time, []);
        return StrictJson.TryRead(File.ReadAllBytes(path), MaxBytes, Read, out var people, out var problems) ? new OneTimeCodes(path, time, people)
            : throw new ConsoleException($"{path} is damaged ({problems[0]}): it says which one-time codes were used; wait two minutes, then remove it");
    }

    /// <summary>Judges a code and remembers it.</summary>
    /// <param name="among">Everybody who may come in now: others are forgotten.</param>
    /// <exception cref="IOException">The disk refused: nobody comes in.</exception>
    public CodeVerdict Check(ConsoleUser user, byte[] secret, string code, ConsoleUsers among)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var state = _people.GetValueOrDefault(user.Certificate) ?? new State(0, 0, default);
            if (now < state.LockedUntil) return CodeVerdict.Locked;
            if (!Matches(secret, code, now, out var step))
            {
                var wrong = Math.Min(state.Wrong + 1, MostWrongCounted);
                Keep(user, state with { Wrong = wrong, LockedUntil = wrong < MostWrong ? default : now + LockAfter(wrong) }, among);
                return CodeVerdict.Wrong;
            }
            // Whoever has overheard a code is no guesser, and is not to lock out its owner.
            if (step <= state.LastStep) return CodeVerdict.Used;
            Keep(user, new State(step, 0, default), among);
            return CodeVerdict.Good;
        }
    }

    /// <summary>Until when nobody's code is looked at under this certificate; null if it is.</summary>
    public DateTimeOffset? LockedUntil(string certificate)
    {
        lock (_gate) return _people.GetValueOrDefault(certificate) is { } state && _time.GetUtcNow() < state.LockedUntil ? state.LockedUntil : null;
    }

    internal static TimeSpan LockAfter(int wrong) =>
        wrong - MostWrong >= 6 ? LongestLock : TimeSpan.FromTicks(Math.Min(LongestLock.Ticks, FirstLock.Ticks << (wrong - MostWrong)));

    private static bool Matches(byte[] secret, string code, DateTimeOffset now, out long step)
    {
        step = 0;
        return code.Length == Digits && code.All(char.IsAsciiDigit)
            && new Totp(secret, Step, OtpHashMode.Sha1, Digits).VerifyTotp(now.UtcDateTime, code, out step, Window);
    }

    private void Keep(ConsoleUser user, State state, ConsoleUsers among)
    {
        var staying = _people.Where(one => among.WithCertificate(one.Key) is not null).ToDictionary();
        staying[user.Certificate] = state;
        DurableFile.Write(_path, CanonicalJson.Write(new JsonObject
        {
            ["people"] = new JsonObject([.. staying.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)new JsonObject
            {
                ["step"] = one.Value.LastStep, ["wrong"] = one.Value.Wrong,
                ["lockedUntil"] = JsonTime.Write(RoundUp(one.Value.LockedUntil)),
            }))]),
        }));
        _people.Clear();
        foreach (var (certificate, one) in staying) _people[certificate] = one;
    }

    private static DateTimeOffset RoundUp(DateTimeOffset time) => time.Ticks % TimeSpan.TicksPerSecond is var rest
        and > 0 ? time.AddTicks(TimeSpan.TicksPerSecond - rest) : time;

    private static Dictionary<string, State> Read(JsonFields fields) => fields.Map("people", 0, ConsoleUsers.Most + 1, (_, one) =>
        new State(one.Long("step", 0, long.MaxValue / 4), one.Whole("wrong", 0, MostWrongCounted), one.Instant("lockedUntil"))).ToDictionary();

    private sealed record State(long LastStep, int Wrong, DateTimeOffset LockedUntil);
}
