using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Edge.Storage.Files;
using NSec.Cryptography;

namespace Edge.Storage.Keys;

/// <summary>
/// One random 32-byte key a UTC hour of expiry, each in its own wrapped file named after the hour. Everything that
/// expires within an hour is sealed under that hour's key; destroying the key erases all of it, on flash too, where
/// deleting rows proves nothing. Thread-safe.
/// </summary>
public sealed class HourKeys : IDisposable
{
    private static readonly XChaCha20Poly1305 Aead = AeadAlgorithm.XChaCha20Poly1305;

    private readonly string _folder;
    private readonly WrappingKey _wrapping;
    private readonly Lock _gate = new();
    private readonly Dictionary<KeyHour, Key> _open = [];

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

    /// <summary>The hours whose keys exist, earliest first.</summary>
    public IReadOnlyList<KeyHour> Hours
    {
        get
        {
            var hours = new List<KeyHour>();
            foreach (var path in Directory.EnumerateFiles(_folder))
                if (KeyHour.TryParse(Path.GetFileName(path.AsSpan()), out var hour)) hours.Add(hour);
            hours.Sort();
            return hours;
        }
    }

    /// <summary>Destroys the key of <paramref name="hour"/>: overwritten, synced, unlinked. What it sealed is gone
    /// for ever. Nothing happens if there is none.</summary>
    /// <exception cref="IOException">The file could not be overwritten or removed; the key may still be there.</exception>
    public void Destroy(KeyHour hour)
    {
        lock (_gate)
        {
            if (_open.Remove(hour, out var key)) key.Dispose();
            DurableFile.Destroy(PathOf(hour));
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

    /// <summary>Nonce ‖ ciphertext ‖ tag under the hour's key, which is made, durably, on first use.</summary>
    /// <exception cref="UnusableKeyException">The hour's key file is damaged.</exception>
    /// <exception cref="IOException">The key file could not be written.</exception>
    internal byte[] Encrypt(KeyHour hour, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext)
    {
        var nonce = RandomNumberGenerator.GetBytes(Aead.NonceSize);
        lock (_gate) return [.. nonce, .. Aead.Encrypt(LoadOrCreate(hour), nonce, associated, plaintext)];
    }

    /// <summary>False = forged, damaged, or the key is gone; it never says which.</summary>
    internal bool TryDecrypt(KeyHour hour, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedBytes,
        [NotNullWhen(true)] out byte[]? plaintext)
    {
        plaintext = null;
        if (sealedBytes.Length < Aead.NonceSize + Aead.TagSize) return false;
        lock (_gate)
        {
            if (!TryLoad(hour, out var key)) return false;
            plaintext = Aead.Decrypt(key, sealedBytes[..Aead.NonceSize], associated, sealedBytes[Aead.NonceSize..]);
        }
        return plaintext is not null;
    }

    private Key LoadOrCreate(KeyHour hour)
    {
        if (TryLoad(hour, out var known)) return known;
        var path = PathOf(hour);
        // Replacing a damaged key would hide that the records under it are lost.
        if (File.Exists(path))
            throw new UnusableKeyException($"{path} is damaged or wrapped under another key: restore it, or remove " +
                "it and lose the hits that expire in that hour");
        var raw = RandomNumberGenerator.GetBytes(WrappingKey.Size);
        try
        {
            DurableFile.Write(path, _wrapping.Wrap(NameOf(hour), raw));
            return _open[hour] = Key.Import(Aead, raw, KeyBlobFormat.RawSymmetricKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    private bool TryLoad(KeyHour hour, [NotNullWhen(true)] out Key? key)
    {
        if (_open.TryGetValue(hour, out key)) return true;
        var file = new FileInfo(PathOf(hour));
        if (!file.Exists || file.Length != WrappingKey.WrappedSize) return false;
        if (!_wrapping.TryUnwrap(NameOf(hour), File.ReadAllBytes(file.FullName), out var raw)) return false;
        key = _open[hour] = Key.Import(Aead, raw, KeyBlobFormat.RawSymmetricKey);
        CryptographicOperations.ZeroMemory(raw);
        return true;
    }

    private static string NameOf(KeyHour hour) => $"hour {hour}";

    private string PathOf(KeyHour hour) => Path.Combine(_folder, hour.ToString());
}
