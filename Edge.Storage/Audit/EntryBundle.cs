using System.Buffers;
using System.Buffers.Binary;

namespace Edge.Storage.Audit;

/// <summary>An entry bundle of C2SP tlog-tiles: for each entry its length as a big-endian uint16, then its bytes.</summary>
internal sealed class EntryBundle
{
    /// <summary>The longest entry that the format can hold, in bytes.</summary>
    public const int MaxEntryBytes = ushort.MaxValue;

    /// <summary>The largest bundle file that is read, in bytes.</summary>
    public const int MaxBytes = TilePath.FullWidth * (2 + MaxEntryBytes);

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public int Count { get; private set; }

    public void Add(ReadOnlySpan<byte> entry)
    {
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)entry.Length));
        _bytes.Write(length);
        _bytes.Write(entry);
        Count++;
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public void Clear()
    {
        _bytes.ResetWrittenCount();
        Count = 0;
    }

    /// <summary>Where the entries of a bundle are, as many as <paramref name="entries"/> has room for; a byte short or over is refused.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bundle, Span<Range> entries)
    {
        var at = 0;
        for (var i = 0; i < entries.Length; i++)
        {
            if (bundle.Length - at < 2) return false;
            var begin = at + 2;
            at = begin + BinaryPrimitives.ReadUInt16BigEndian(bundle[at..]);
            if (bundle.Length < at) return false;
            entries[i] = begin..at;
        }
        return at == bundle.Length;
    }

    /// <summary>How many bytes the first <paramref name="count"/> entries take; -1 if there are fewer.</summary>
    public static int LengthOf(ReadOnlySpan<byte> bundle, int count)
    {
        var at = 0;
        for (; count > 0; count--)
        {
            if (bundle.Length - at < 2) return -1;
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(bundle[at..]);
            if (at > bundle.Length) return -1;
        }
        return at;
    }

    /// <summary>Splits a bundle of exactly <paramref name="width"/> entries; a byte short or over is refused.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bundle, int width, out ReadOnlyMemory<byte>[] entries)
    {
        entries = new ReadOnlyMemory<byte>[width];
        for (var i = 0; i < width; i++)
        {
            if (bundle.Length < 2) return false;
            var length = BinaryPrimitives.ReadUInt16BigEndian(bundle.Span);
            if (bundle.Length < 2 + length) return false;
            entries[i] = bundle.Slice(2, length);
            bundle = bundle[(2 + length)..];
        }
        return bundle.IsEmpty;
    }
}
