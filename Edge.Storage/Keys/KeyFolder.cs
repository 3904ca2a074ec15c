using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Storage.Sealing;

namespace Edge.Storage.Keys;

/// <summary>
/// The box's own keys, in the folder <c>keys</c> of its state directory; made on the first start. Files have mode
/// 0600 and are wrapped under the wrapping key; the layout is in Sealing/README.md. The private key of nobody to whom hits
/// are sealed is ever here: the box cannot open what it sealed.
/// </summary>
public sealed class KeyFolder : IDisposable
{
    /// <summary>File name of the systemd credential that holds the 32 raw bytes of the wrapping key.</summary>
    public const string CredentialName = "edge-agent.wrap";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly WrappingKey _wrapping;
    private readonly SigningKey _pseudonyms;

    private KeyFolder(string folder, WrappingKey wrapping, WrappingKeySource source)
    {
        _wrapping = wrapping;
        WrappedBy = source;
        Messages = LoadOrCreate(Path.Combine(folder, "message.key"), "message");
        Log = LoadOrCreate(Path.Combine(folder, "log.key"), "log");
        Epochs = LogEpochKeys.Open(Path.Combine(folder, "epochs"), wrapping);
        _pseudonyms = LoadOrCreate(Path.Combine(folder, "pseudonym.key"), "pseudonym");
        Orders = LoadOrCreate(Path.Combine(folder, "order.key"), "order", RecipientKey.Create, key => key.Export(), raw => RecipientKey.FromRaw(raw));
        Hours = HourKeys.Open(Path.Combine(folder, "hours"), wrapping);
    }

    /// <summary>Signs messages to the hub.</summary>
    public SigningKey Messages { get; }

    /// <summary>Signs checkpoints of the audit log, all its life: witnesses and other people's tools know the log by it.</summary>
    public SigningKey Log { get; }

    /// <summary>Sign them too, each for one epoch.</summary>
    public LogEpochKeys Epochs { get; }

    /// <summary>Opens the orders that are sealed to this box. It opens no hit.</summary>
    public RecipientKey Orders { get; }

    /// <summary>Seals records at rest, one key an hour of expiry.</summary>
    public HourKeys Hours { get; }

    /// <summary>What a case and its purpose are called in clear on this box's disk: 22 characters of base64url, the same for the same
    /// two, telling nothing of them to whoever lacks this box's key, and another on every box.</summary>
    /// <remarks>The purpose is in the name, so that what was found for one purpose is not there for another, on the hotlist or
    /// off it.</remarks>
    /// <param name="agency">Whose case it is, if another agency's that this box shares hits with.</param>
    /// <exception cref="ArgumentException">A part has a line break, which keeps the parts apart.</exception>
    public string CasePseudonym(string caseId, string purpose, string? agency = null)
    {
        string[] parts = agency is null ? [caseId, purpose] : [caseId, purpose, agency];
        if (parts.Any(part => part.Contains('\n'))) throw new ArgumentException("a case, a purpose and an agency are one line each");
        var key = _pseudonyms.ExportSeed();
        var name = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(string.Join('\n', parts)));
        CryptographicOperations.ZeroMemory(key);
        return Base64Url.EncodeToString(name.AsSpan(0, 16));
    }

    /// <summary>Where the wrapping key came from, for <c>doctor</c>.</summary>
    public WrappingKeySource WrappedBy { get; }

    /// <summary>Opens or creates the keys under <paramref name="stateDirectory"/>, with the wrapping key of
    /// <c>$CREDENTIALS_DIRECTORY</c> if systemd passed one.</summary>
    /// <inheritdoc cref="Open(string, string?)" path="/exception"/>
    public static KeyFolder Open(string stateDirectory) =>
        Open(stateDirectory, Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY"));

    /// <summary>Opens or creates the keys under <paramref name="stateDirectory"/>.</summary>
    /// <param name="stateDirectory">Made with mode 0700 if absent.</param>
    /// <param name="credentialsDirectory">Null or without the credential: the wrapping key is a file beside the
    /// keys.</param>
    /// <exception cref="UnusableKeyException">A key file is damaged, too open, or wrapped under another key.</exception>
    /// <exception cref="StateBusyException">Another process is opening them at this moment.</exception>
    /// <exception cref="IOException">The disk is full, read-only or failing.</exception>
    public static KeyFolder Open(string stateDirectory, string? credentialsDirectory) => Open(stateDirectory, folder =>
    {
        var wrapping = LoadWrapping(folder, credentialsDirectory, out var source);
        return (wrapping, source);
    });

    /// <summary>Opens or creates the keys under <paramref name="stateDirectory"/> with a wrapping key that came from a credential by another way
    /// than <c>$CREDENTIALS_DIRECTORY</c>.</summary>
    /// <param name="stateDirectory">Made with mode 0700 if absent.</param>
    /// <param name="wrapping">Its 32 raw bytes; the caller wipes them.</param>
    /// <inheritdoc cref="Open(string, string?)" path="/exception"/>
    public static KeyFolder OpenWith(string stateDirectory, byte[] wrapping) =>
        Open(stateDirectory, _ => (WrappingKey.FromRaw(wrapping), WrappingKeySource.Credential));

    private static KeyFolder Open(string stateDirectory, Func<string, (WrappingKey Wrapping, WrappingKeySource Source)> load)
    {
        ArgumentException.ThrowIfNullOrEmpty(stateDirectory);
        var folder = Path.Combine(stateDirectory, "keys");
        try
        {
            Directory.CreateDirectory(stateDirectory, OwnerOnly);
            Directory.CreateDirectory(folder, OwnerOnly);
            DurableFile.SyncFolder(stateDirectory);
            // Two first starts at once would each make keys, and one of them sign with what the other overwrote.
            using var alone = FolderLock.TryTake(folder) ?? throw new StateBusyException(
                $"another edge-agent is opening {folder}: wait for it, or stop it");
            var (wrapping, source) = load(folder);
            return Open(folder, wrapping, source);
        }
        catch (UnauthorizedAccessException) when (!Directory.Exists(stateDirectory))
        {
            throw new UnusableKeyException($"{stateDirectory} cannot be made: this user may not write in {Reach.NearestFolder(stateDirectory)}");
        }
        catch (UnauthorizedAccessException refused)
        {
            throw new UnusableKeyException($"{folder} does not belong to this user ({refused.Message}): chown it to " +
                "the user that edge-agent runs as");
        }
    }

    /// <summary>Destroys every key under <paramref name="stateDirectory"/>: what they sealed is gone for ever, and what they
    /// signed can be checked by the public halves that others have. Close them first.</summary>
    /// <exception cref="IOException">A file could not be overwritten; go on by calling it again.</exception>
    public static void Destroy(string stateDirectory)
    {
        var folder = Path.Combine(stateDirectory, "keys");
        if (!Directory.Exists(folder)) return;
        if (new DirectoryInfo(folder).LinkTarget is not null)
            throw new IOException($"{folder} is a link: what lies behind it is not destroyed; put the folder itself there");
        DestroyIn(new DirectoryInfo(folder));
    }

    // By hand, because a recursive listing goes into links: root does this in a folder of the service's user, who may have put one there to anywhere.
    private static void DestroyIn(DirectoryInfo folder)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos().ToList())
            if (entry.LinkTarget is not null) File.Delete(entry.FullName);
            else if (entry is DirectoryInfo inner) DestroyIn(inner);
            else DurableFile.Destroy(entry.FullName);
    }

    public void Dispose()
    {
        Messages.Dispose();
        Log.Dispose();
        _pseudonyms.Dispose();
        Orders.Dispose();
        Hours.Dispose();
        _wrapping.Dispose();
    }

    private static KeyFolder Open(string folder, WrappingKey wrapping, WrappingKeySource source)
    {
        try
        {
            return new KeyFolder(folder, wrapping, source);
        }
        catch
        {
            wrapping.Dispose();
            throw;
        }
    }

    private static WrappingKey LoadWrapping(string folder, string? credentials, out WrappingKeySource source)
    {
        if (!string.IsNullOrEmpty(credentials) && Path.Combine(credentials, CredentialName) is var credential &&
            File.Exists(credential))
        {
            source = WrappingKeySource.Credential;
            return ReadWrapping(credential, $"make a new credential: head -c {WrappingKey.Size} /dev/urandom | " +
                $"systemd-creds encrypt --name={CredentialName} - FILE");
        }

        source = WrappingKeySource.StateDirectory;
        var path = Path.Combine(folder, "wrap.key");
        if (!File.Exists(path))
        {
            // A new wrapping key would orphan what another one wrapped, without a word.
            if (File.Exists(Path.Combine(folder, "message.key")))
                throw new UnusableKeyException($"{folder} holds wrapped keys, but neither the credential " +
                    $"{CredentialName} nor {path} is there: restore it, or remove {folder} and enrol the box again");
            var fresh = RandomNumberGenerator.GetBytes(WrappingKey.Size);
            DurableFile.Write(path, fresh);
            CryptographicOperations.ZeroMemory(fresh);
        }
        RefuseOpenToOthers(path);
        return ReadWrapping(path, "restore it, or remove the folder and enrol the box again");
    }

    private static WrappingKey ReadWrapping(string path, string remedy)
    {
        var raw = ReadCapped(path);
        try
        {
            return raw.Length == WrappingKey.Size
                ? WrappingKey.FromRaw(raw)
                : throw new UnusableKeyException($"{path} is not a {WrappingKey.Size}-byte key: {remedy}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    private SigningKey LoadOrCreate(string path, string name) =>
        LoadOrCreate(path, name, SigningKey.Create, key => key.ExportSeed(), raw => SigningKey.FromSeed(raw));

    private T LoadOrCreate<T>(string path, string name, Func<T> create, Func<T, byte[]> export, Func<byte[], T> import)
    {
        if (!File.Exists(path))
        {
            var fresh = create();
            var raw = export(fresh);
            DurableFile.Write(path, _wrapping.Wrap(name, raw));
            CryptographicOperations.ZeroMemory(raw);
            return fresh;
        }
        RefuseOpenToOthers(path);
        if (!_wrapping.TryUnwrap(name, ReadCapped(path), out var known))
            throw new UnusableKeyException($"{path} is damaged or wrapped under another key than this box's: " +
                "restore the key it was made with, or remove the file and enrol the box again");
        try
        {
            return import(known);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(known);
        }
    }

    private static byte[] ReadCapped(string path)
    {
        var length = new FileInfo(path).Length;
        return length <= 4096 ? File.ReadAllBytes(path) : [];
    }

    // The credential is exempt: systemd grants the service its file by an ACL, which shows as a group bit.
    private static void RefuseOpenToOthers(string path)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if ((File.GetUnixFileMode(path) & ~owner) != 0)
            throw new UnusableKeyException($"{path} is open to other users: chmod 600 it, and replace the key if " +
                "somebody could have read it");
    }
}
