using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Storage.Witnessing;

/// <summary>What a witness made of a checkpoint.</summary>
/// <param name="Verdict">What it is.</param>
/// <param name="Known">What was last cosigned of the log, this one included; null if nothing ever was.</param>
/// <param name="Cosignature">The witness's line, if it is consistent.</param>
public sealed record Witnessed(WitnessVerdict Verdict, Checkpoint? Known, NoteSignature? Cosignature);

/// <summary>A witness of logs: a key, and for each log the newest checkpoint that it will ever have cosigned. That is on the disk before the
/// signature exists, so that whatever is cut off, no two that contradict each other are signed. One process a folder. Thread-safe.</summary>
/// <remarks>Its folder must not be put back to an older state: a witness that has forgotten signs forks. A lost or restored one takes a
/// new key. <c>README.md</c> has the files.</remarks>
public sealed class LogWitness : IDisposable
{
    /// <summary>Most pieces of evidence kept of one log: a box that sends refusals without end must not fill the disk.</summary>
    public const int MostEvidence = 64;

    /// <summary>So many of them are for proofs of a fork alone: broken proofs cost nothing to make, and must not use up the room for what convicts.</summary>
    public const int ReservedForForks = 16;

    /// <summary>So far ahead of the witness's clock a log's owner may be.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(10);

    private const string KeyName = "witness.key";
    private const string ForkPrefix = "fork-";
    private const int MaxState = 2 * SignedNote.MaxBytes;

    private readonly string _folder;
    private readonly DurableSteps _steps;
    private readonly FolderLock _lock;
    private readonly SigningKey _key;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, Known> _known = [];
    private readonly Lock _gate = new();

    private LogWitness(string folder, string name, DurableSteps steps, FolderLock held, SigningKey key, TimeProvider time)
    {
        (_folder, _steps, _lock, _key, _time) = (folder, steps, held, key, time);
        Key = new NoteKey(name, key.Public, NoteKeyType.Cosignature);
    }

    /// <summary>The public key, under the witness's name: what policies and auditors are given.</summary>
    public NoteKey Key { get; }

    /// <summary>Opens the witness in <paramref name="folder"/>, made with mode 0700 if absent, its key with 0600.</summary>
    /// <param name="name">Its name, the one in its key's vkey.</param>
    /// <exception cref="StateBusyException">Another process is this witness.</exception>
    /// <exception cref="UnusableKeyException">The key's file is damaged.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    public static LogWitness Open(string folder, string name, TimeProvider time) => Open(folder, name, time, DurableSteps.Disk);

    internal static LogWitness Open(string folder, string name, TimeProvider time, DurableSteps steps)
    {
        steps.MakeFolder(folder);
        var held = FolderLock.TryTake(folder) ?? throw new StateBusyException($"another hub witness is at work in {folder}: one key, one process");
        SigningKey? key = null;
        try
        {
            key = LoadKey(folder) ?? MakeKey(folder, steps);
            return new LogWitness(folder, name, steps, held, key, time);
        }
        catch
        {
            key?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>The public key of the witness in <paramref name="folder"/>, also while it is at work; null if it has none yet.</summary>
    /// <exception cref="UnusableKeyException">The key's file is damaged.</exception>
    public static NoteKey? KeyOf(string folder, string name)
    {
        using var key = LoadKey(folder);
        return key is null ? null : new NoteKey(name, key.Public, NoteKeyType.Cosignature);
    }

    /// <summary>What was last cosigned of a log; null if nothing was.</summary>
    /// <exception cref="StateDamagedException">What is kept of it is not what this witness wrote.</exception>
    public Checkpoint? KnownOf(NoteKey log) => Load(log)?.Checkpoint;

    /// <summary>When the log's owner said what was last cosigned, by its own word but no more than <see cref="ClockTolerance"/> after it came; null if that is
    /// not known, or lies ahead.</summary>
    public DateTimeOffset? SaidOf(NoteKey log) => Load(log)?.Said is { } said && said <= _time.GetUtcNow() + ClockTolerance ? said : null;

    /// <summary>Judges a checkpoint, and cosigns it if it is consistent.</summary>
    /// <param name="said">When the log's owner sent it, if that is known: only a later word makes a smaller log one that was set back. A date far ahead
    /// is not believed: it would make an old word of every right one.</param>
    /// <exception cref="IOException">The disk refused: nothing was signed.</exception>
    /// <exception cref="StateDamagedException">What is kept of the log is not what this witness wrote.</exception>
    public Witnessed Take(WitnessRequest request, NoteKey log, DateTimeOffset? said = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(log);
        lock (_gate) return Judge(request, log, said);
    }

    // C2SP tlog-witness: the old size is compared and the new checkpoint kept in one step, or of two requests the older could win.
    private Witnessed Judge(WitnessRequest request, NoteKey log, DateTimeOffset? said)
    {
        var (known, ahead) = (Load(log), _time.GetUtcNow() + ClockTolerance);
        if (said > ahead) said = ahead;
        var verdict = WitnessJudgement.Judge(request, log, known?.Checkpoint);
        if (verdict != WitnessVerdict.Consistent) return new Witnessed(verdict, known?.Checkpoint, null);
        // A checkpoint known already is cosigned anew, with the time of now; only what is new has to be remembered first.
        if (known is null || known.Checkpoint.Size < request.Checkpoint.Size || known.Said < said) Save(log, request, said ?? known?.Said);
        return new Witnessed(verdict, request.Checkpoint, Cosignature.Sign(request.Note.Text, Key.Name, _key, _time.GetUtcNow()));
    }

    /// <summary>The last cosigned checkpoint of a log, as it signed it and cosigned anew: at this time, still the largest that was seen.
    /// Null if nothing was ever cosigned.</summary>
    /// <exception cref="StateDamagedException">What is kept of the log is not what this witness wrote.</exception>
    public SignedNote? Cosigned(NoteKey log) =>
        Load(log) is { } known ? known.Note.With(Cosignature.Sign(known.Note.Text, Key.Name, _key, _time.GetUtcNow())) : null;

    /// <summary>Keeps what proves, or helps to prove, that a log has two histories: the note that was cosigned and the one that
    /// was refused, with its proof, as an add-checkpoint request.</summary>
    /// <param name="verdict">What <see cref="Take"/> said of it.</param>
    /// <returns>The file, which may have been there; null if there is as much as is kept of one log.</returns>
    /// <exception cref="IOException">The disk refused.</exception>
    public string? KeepEvidence(WitnessRequest refused, NoteKey log, WitnessVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(refused);
        lock (_gate) return Keep(refused, log, verdict);
    }

    private string? Keep(WitnessRequest refused, NoteKey log, WitnessVerdict verdict)
    {
        var folder = Path.Combine(_folder, "evidence", NameOf(log));
        var request = refused.ToBytes();
        var prefix = verdict == WitnessVerdict.Forked ? ForkPrefix : "";
        var file = Path.Combine(folder, $"{prefix}{Convert.ToHexStringLower(SHA256.HashData(request))[..16]}.txt");
        if (File.Exists(file)) return file;
        _steps.MakeFolder(folder);
        var kept = Directory.EnumerateFiles(folder, "*.txt").Select(Path.GetFileName).ToList();
        var others = kept.Count(name => !name!.StartsWith(ForkPrefix, StringComparison.Ordinal));
        if (kept.Count >= MostEvidence || (verdict != WitnessVerdict.Forked && others >= MostEvidence - ReservedForForks)) return null;
        _steps.Replace(file, Encoding.UTF8.GetBytes($"""
            cosigned by {Key}:

            {Load(log)?.Note}
            refused, as it was asked at {JsonTime.Write(_time.GetUtcNow())}:

            {Encoding.UTF8.GetString(request)}
            """));
        return file;
    }

    /// <summary>Writes the last cosigned note of a log where an auditor can take it: <c>cosigned/{origin's last part}.{key id}</c>.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Show(NoteKey log, SignedNote cosigned)
    {
        ArgumentNullException.ThrowIfNull(cosigned);
        lock (_gate) Write(log, cosigned);
    }

    private void Write(NoteKey log, SignedNote cosigned)
    {
        _steps.MakeFolder(Path.Combine(_folder, "cosigned"));
        _steps.Replace(Path.Combine(_folder, "cosigned", NameOf(log)), cosigned.ToBytes());
    }

    public void Dispose()
    {
        _key.Dispose();
        _lock.Dispose();
    }

    // The key id too: a box that was enrolled anew has a new log, and the witness knows nothing of it.
    private static string NameOf(NoteKey log) =>
        $"{new string([.. log.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_')])}.{log.Id:x8}";

    private string StateOf(NoteKey log) => Path.Combine(_folder, "logs", $"{NameOf(log)}.json");

    private Known? Load(NoteKey log)
    {
        lock (_gate) return Find(log);
    }

    private Known? Find(NoteKey log)
    {
        if (_known.TryGetValue(log.ToString(), out var kept)) return kept;
        var file = StateOf(log);
        if (!File.Exists(file)) return null;
        if (new FileInfo(file).Length > MaxState
            || !StrictJson.TryRead(File.ReadAllBytes(file), MaxState, ReadState, out var state, out _)
            || !SignedNote.TryParse(state.Note, out var note) || !Checkpoint.TryOpen(state.Note, log, out var checkpoint))
            throw new StateDamagedException($"{file} is not a checkpoint signed by {log.Name}: what this witness has signed is not known any more. " +
                "Keep the file, and let the witness take a new key");
        return _known[log.ToString()] = new Known(note!, checkpoint!, state.Said);
    }

    private static State ReadState(JsonFields fields)
    {
        var note = fields.Bytes("note");
        DateTimeOffset said = default;
        var isSaid = fields.Has("said") && fields.Text("said", text => JsonTime.TryParseMilliseconds(text, out said), "must be a time").Length > 0;
        return new State(note, isSaid ? said : null);
    }

    private void Save(NoteKey log, WitnessRequest request, DateTimeOffset? said)
    {
        // Only the log's own signature: others may have put lines there.
        var note = request.Note.Of(log);
        var state = new JsonObject { ["note"] = System.Buffers.Text.Base64Url.EncodeToString(note.ToBytes()) };
        if (said is { } time) state["said"] = JsonTime.WriteMilliseconds(time);
        _steps.MakeFolder(Path.Combine(_folder, "logs"));
        _known.Remove(log.ToString());
        _steps.Replace(StateOf(log), CanonicalJson.Write(state));
        _known[log.ToString()] = new Known(note, request.Checkpoint, said);
    }

    private static SigningKey? LoadKey(string folder)
    {
        var file = Path.Combine(folder, KeyName);
        if (!File.Exists(file)) return null;
        var seed = File.ReadAllBytes(file);
        try
        {
            return SigningKey.FromSeed(seed);
        }
        catch (FormatException damaged)
        {
            throw new UnusableKeyException($"{file} is damaged ({damaged.Message}): move the folder {folder} away, and let the witness take a new key");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    private static SigningKey MakeKey(string folder, DurableSteps steps)
    {
        if (Directory.Exists(Path.Combine(folder, "logs")))
            throw new UnusableKeyException($"{folder} has cosigned logs and its {KeyName} is gone: move the folder away, and let the witness take a new key");
        var key = SigningKey.Create();
        var seed = key.ExportSeed();
        steps.Replace(Path.Combine(folder, KeyName), seed);
        CryptographicOperations.ZeroMemory(seed);
        return key;
    }

    private sealed record State(byte[] Note, DateTimeOffset? Said);

    private sealed record Known(SignedNote Note, Checkpoint Checkpoint, DateTimeOffset? Said);
}
