using System.Security.Cryptography;
using NSec.Cryptography;

namespace Edge.Storage.Sealing;

/// <summary>An X25519 private key (RFC 7748) that opens what is sealed to its public half. It belongs to the agency;
/// a box never holds one. Printing it yields only the key id.</summary>
public sealed class RecipientKey : IDisposable
{
    private static KeyCreationParameters Exportable =>
        new() { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };

    private RecipientKey(Key key)
    {
        Key = key;
        Public = RecipientPublicKey.FromRaw(key.PublicKey.Export(KeyBlobFormat.RawPublicKey));
    }

    /// <summary>The public half.</summary>
    public RecipientPublicKey Public { get; }

    internal Key Key { get; }

    /// <summary>A fresh key from the system's randomness.</summary>
    public static RecipientKey Create() => new(Key.Create(KeyAgreementAlgorithm.X25519, Exportable));

    /// <summary>A key from its 32 raw bytes.</summary>
    /// <exception cref="FormatException"><paramref name="raw"/> is not 32 bytes.</exception>
    public static RecipientKey FromRaw(ReadOnlySpan<byte> raw) =>
        Key.TryImport(KeyAgreementAlgorithm.X25519, raw, KeyBlobFormat.RawPrivateKey, out var key, Exportable)
            ? new RecipientKey(key!)
            : throw new FormatException("an X25519 private key is 32 bytes");

    /// <summary>The 32 raw bytes, for the agency's key store only; the caller wipes them.</summary>
    public byte[] Export() => Key.Export(KeyBlobFormat.RawPrivateKey);

    /// <summary>The same key once more, for somebody who disposes it.</summary>
    public RecipientKey Copy()
    {
        var raw = Export();
        try
        {
            return FromRaw(raw);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    public override string ToString() => $"RecipientKey({Public.KeyId})";

    public void Dispose() => Key.Dispose();
}
