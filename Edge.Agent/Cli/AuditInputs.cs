using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Edge.Agent.Hub;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;

namespace Edge.Agent.Cli;

/// <summary>What the audit verbs are given: bundles, public keys, an older checkpoint, an auditor's own key.</summary>
internal static class AuditInputs
{
    private const int ProgressEvery = 1 << 15;
    private const int MaxKeyFile = 16 * 1024;

    public static Option<string?> AuditorKeyOption() => new("--auditor-key")
    {
        Description = "Your own key file (audit key): opens what a full bundle carries for you",
    };

    /// <summary>A public key, or the first line of the file that holds it.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static string Vkey(string key)
    {
        // What is a key is never a file's name: whoever brings a bundle names its files, and may have called one as the key that they are to be held against.
        if (NoteKey.TryParse(key, out _)) return key;
        // A vkey has a '+' after its name and after its hash; what has none was meant for a file.
        if (!File.Exists(key)) return key.Contains('+', StringComparison.Ordinal) ? key
            : throw new FormatException($"{key}: {Reach.Fault(key) ?? "a folder"}, and not a vkey");
        return KeyFile(key).Log;
    }

    /// <summary>The key of a log's first epoch: the one given, or else the second line of the file that holds the log's key; null if there is
    /// neither.</summary>
    /// <exception cref="FormatException">It is not one of this log.</exception>
    public static NoteKey? FirstEpoch(NoteKey log, string key, string? epochKey) =>
        (epochKey is null ? SecondLine(key) : Vkey(epochKey)) is { } vkey ? AuditVerifier.FirstEpoch(vkey, log) : null;

    /// <summary>A signed note from a file; one byte past the limit is enough to be refused as too large.</summary>
    public static byte[] Note(string path)
    {
        using var file = File.OpenRead(path);
        var bytes = new byte[SignedNote.MaxBytes + 1];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }

    /// <summary>Opens a bundle, an archive or a log's folder, with the auditor's key if there is one.</summary>
    /// <exception cref="AgencyException">The key does not open.</exception>
    /// <exception cref="BundleException">It is no bundle that may be read.</exception>
    public static Bundle Open(string path, string? auditorKey, string? passphraseFile)
    {
        if (auditorKey is null) return Bundle.Open(path);
        using var auditor = Auditor(auditorKey, passphraseFile);
        return Bundle.Open(path, auditor);
    }

    /// <summary>The auditor's public key: 43 characters, or the file that <c>audit key</c> made.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static RecipientPublicKey AuditorPublic(string key) =>
        IsWritten(key) || !File.Exists(key) ? AuditorWritten(key) : LoadAuditor(key).Public;

    /// <summary>The auditor's public key: its 43 characters.</summary>
    /// <exception cref="FormatException">It is not that.</exception>
    public static RecipientPublicKey AuditorWritten(string key)
    {
        var raw = new byte[RecipientPublicKey.Size + 1];
        return IsWritten(key) && System.Buffers.Text.Base64Url.TryDecodeFromChars(key, raw, out var written)
            && written == RecipientPublicKey.Size ? RecipientPublicKey.FromRaw(raw.AsSpan(0, written))
            : throw new FormatException("an auditor's public key is 43 characters, as audit key prints them, or the file it made");
    }

    /// <summary>Says on a terminal how far a long work is; to a file or a pipe nothing.</summary>
    /// <returns>To be told the number of things done; null if nobody is there to see it.</returns>
    public static IProgress<long>? Progress(string what, bool quiet) => quiet || Console.IsErrorRedirected ? null : new OnTerminal(what);

    private static bool IsWritten(string key) => key.Length == 43 && System.Buffers.Text.Base64Url.IsValid(key);

    private static string? SecondLine(string key) =>
        !NoteKey.TryParse(key, out _) && File.Exists(key) && KeyFile(key).Epoch is { Length: > 0 } second ? second : null;

    /// <summary>Two lines, or the agency's own file of a box, <c>boxes/NAME.json</c>.</summary>
    private static (string Log, string? Epoch) KeyFile(string file)
    {
        using var reader = new StreamReader(file);
        var text = new char[MaxKeyFile];
        var read = new string(text, 0, reader.ReadBlock(text));
        if (!read.StartsWith('{')) return read.Split('\n') is [var first, .. var others] ? (first.Trim(), others.FirstOrDefault()?.Trim()) : ("", null);
        try
        {
            using var box = JsonDocument.Parse(read);
            return (box.RootElement.TryGetProperty("log", out var log) ? $"{log}" : "",
                box.RootElement.TryGetProperty("logEpoch", out var epoch) ? $"{epoch}" : null);
        }
        catch (JsonException)
        {
            throw new FormatException($"{file} is neither a key nor an agency's file of a box");
        }
    }

    private static RecipientKey Auditor(string file, string? passphraseFile)
    {
        var key = LoadAuditor(file);
        var passphrase = Passphrase.Read(Path.GetFileNameWithoutExtension(file), passphraseFile, twice: false);
        try
        {
            return key.TryOpen(passphrase, out var opened) ? opened
                : throw new AgencyException($"{file} does not open: the passphrase is wrong, or the file was changed");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
        }
    }

    private static AuditorKey LoadAuditor(string file) =>
        new FileInfo(file) is not { Exists: true, Length: <= AuditorKey.MaxBytes }
            ? throw new AgencyException($"{file} is not an auditor's key: audit key makes one")
        : AuditorKey.TryParse(File.ReadAllBytes(file), out var key, out var problems) ? key
        : throw new AgencyException($"{file} is not an auditor's key: {problems[0]}");

    // Not System.Progress, which tells from other threads and out of order.
    private sealed class OnTerminal(string what) : IProgress<long>
    {
        public void Report(long value)
        {
            if (value % ProgressEvery == 0) Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{what}: {value:N0} "));
        }
    }
}
