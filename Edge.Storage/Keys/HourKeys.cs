using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Edge.Storage.Files;
using NSec.Cryptography;

namespace Edge.Storage.Keys;

/// <summary>
/// One random 32-byte key a UTC hour of expiry, and one for each hour until which a hold keeps something, each in its own
/// wrapped file. What expires within an hour is sealed under that hour's key; destroying the key erases all of it, on
/// flash too, where deleting rows proves nothing. Thread-safe.
/// </summary>
public sealed class HourKeys : IDisposable
{
    private static readonly XChaCha20Poly1305 Aead = AeadAlgorithm.XChaCha20Poly1305;

    private readonly string _folder;
    private readonly WrappingKey _wrapping;
    private readonly Lock _gate = new();
    private readonly Dictionary<RecordKey, Key> _open = [];

    private HourKeys(string folder, WrappingKey wrapping)
    {
        _folder = folder;
        _wrapping = wrapping;
    }

    /// <summary>Opens the folder, made with mode 0700 if absent.</summary>
    /// <remarks>Borrows <paramref name="wrapping"/>; the caller still disposes it, after this.</remarks>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public static HourKeys Open(string folder, WrappingKey wrapping)
    {
        ArgumentNullException.ThrowIfNull(wrapping);
        Directory.CreateDirectory(folder,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        DurableFile.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(folder))!);
        return new HourKeys(folder, wrapping);
    }

    /// <summary>The keys that exist, earliest first.</summary>
    public IReadOnlyList<RecordKey> Names
    {
        get
        {
            var names = new List<RecordKey>();
            foreach (var path in Directory.EnumerateFiles(_folder))
                if (RecordKey.TryParse(Path.GetFileName(path.AsSpan()), out var name)) names.Add(name);
            names.Sort();
            return names;
        }
    }

    /// <summary>Destroys the key: overwritten, synced, unlinked. What it sealed is gone for ever. Nothing happens if there is
    /// none.</summary>
    /// <exception cref="IOException">The file could not be overwritten or removed; the key may still be there.</exception>
    public void Destroy(RecordKey name)
    {
        lock (_gate)
        {
            if (_open.Remove(name, out var key)) key.Dispose();
            DurableFile.Destroy(PathOf(name));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var key in _open.Values) key.Dispose();
            _open.Clear();
        }
    }

    /// <summary>Makes the key, durably, unless it exists.</summary>
    /// <inheritdoc cref="Encrypt" path="/exception"/>
    internal void Make(RecordKey name)
    {
        lock (_gate) LoadOrCreate(name);
    }

    /// <summary>Nonce ‖ ciphertext ‖ tag under the key, which is made, durably, on first use.</summary>
    /// <exception cref="UnusableKeyException">The key file is damaged.</exception>
    /// <exception cref="IOException">The key file could not be written.</exception>
    internal byte[] Encrypt(RecordKey name, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext)
    {
        var nonce = RandomNumberGenerator.GetBytes(Aead.NonceSize);
        lock (_gate) return [.. nonce, .. Aead.Encrypt(LoadOrCreate(name), nonce, associated, plaintext)];
    }

    /// <summary>False = forged, damaged, or the key is gone; it never says which.</summary>
    internal bool TryDecrypt(RecordKey name, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedBytes,
        [NotNullWhen(true)] out byte[]? plaintext)
    {
        plaintext = null;
        if (sealedBytes.Length < Aead.NonceSize + Aead.TagSize) return false;
        lock (_gate)
        {
            if (!TryLoad(name, out var key)) return false;
            plaintext = Aead.Decrypt(key, sealedBytes[..Aead.NonceSize], associated, sealedBytes[Aead.NonceSize..]);
        }
        return plaintext is not null;
    }

    private Key LoadOrCreate(RecordKey name)
    {
        if (TryLoad(name, out var known)) return known;
        var path = PathOf(name);
        // Replacing a damaged key would hide that the records under it are lost.
        if (File.Exists(path))
            throw new UnusableKeyException($"{path} is damaged or wrapped under another key: restore it, or remove " +
                "it and lose the hits that it keeps until that hour");
        var raw = RandomNumberGenerator.GetBytes(WrappingKey.Size);
        try
        {
            DurableFile.Write(path, _wrapping.Wrap(Label(name), raw));
            return _open[name] = Key.Import(Aead, raw, KeyBlobFormat.RawSymmetricKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    private bool TryLoad(RecordKey name, [NotNullWhen(true)] out Key? key)
    {
        if (_open.TryGetValue(name, out key)) return true;
        var file = new FileInfo(PathOf(name));
        if (!file.Exists || file.Length != WrappingKey.WrappedSize) return false;
        if (!_wrapping.TryUnwrap(Label(name), File.ReadAllBytes(file.FullName), out var raw)) return false;
        key = _open[name] = Key.Import(Aead, raw, KeyBlobFormat.RawSymmetricKey);
        CryptographicOperations.ZeroMemory(raw);
        return true;
    }

    private static string Label(RecordKey name) => $"hour {name}";

    private string PathOf(RecordKey name) => Path.Combine(_folder, name.ToString());
}
