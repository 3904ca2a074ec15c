using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Edge.Storage.Keys;

namespace Edge.Storage.Sealing;

/// <summary>The at-rest layer: XChaCha20-Poly1305 under the key of the hour in which the record expires, or of the hold that
/// keeps it, bound to the row it stands in. Sealed = nonce (24) ‖ ciphertext ‖ tag (16).</summary>
public sealed class RecordSealer(HourKeys keys)
{
    /// <summary>What sealing adds: nonce and tag.</summary>
    public const int Overhead = 24 + 16;

    /// <summary>Seals one record.</summary>
    /// <param name="place">The row it will stand in; opening needs the same.</param>
    /// <param name="record">What is hidden.</param>
    /// <exception cref="UnusableKeyException">The hour's key file is damaged.</exception>
    /// <exception cref="IOException">The hour's key could not be stored.</exception>
    public byte[] Seal(RecordPlace place, ReadOnlySpan<byte> record) =>
        keys.Encrypt(place.Key, Associated(place), record);

    /// <summary>Opens one record. False = forged, damaged, moved to another row, or its key is destroyed; it never
    /// says which.</summary>
    public bool TryOpen(RecordPlace place, ReadOnlySpan<byte> sealedRecord, [NotNullWhen(true)] out byte[]? record) =>
        keys.TryDecrypt(place.Key, Associated(place), sealedRecord, out record);

    // collection ‖ 0 ‖ id ‖ expiry ‖ hold ‖ the row's other clear fields; numbers are big-endian, the expiry in Unix ms.
    private static byte[] Associated(RecordPlace place)
    {
        Span<byte> numbers = stackalloc byte[24];
        BinaryPrimitives.WriteInt64BigEndian(numbers, place.Id);
        BinaryPrimitives.WriteInt64BigEndian(numbers[8..], place.Expires.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64BigEndian(numbers[16..], place.Hold);
        return [.. Encoding.UTF8.GetBytes(place.Collection), 0, .. numbers, .. Encoding.UTF8.GetBytes(place.Clear)];
    }
}
