using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Agent.Door;

/// <summary>Writes the fields of one message, behind room for its length. The buffer is pinned and zeroed when disposed: it holds plates
/// and passwords.</summary>
internal sealed class DoorWriter : IDisposable
{
    private byte[] _bytes;
    private int _length = sizeof(int);

    public DoorWriter(byte kind, int room = 1024)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(room, pinned: true);
        Byte(kind);
    }

    /// <summary>The whole message with its length.</summary>
    public ReadOnlyMemory<byte> Message
    {
        get
        {
            BinaryPrimitives.WriteInt32BigEndian(_bytes, _length - sizeof(int));
            return _bytes.AsMemory(0, _length);
        }
    }

    public void Byte(byte value) => Room(1)[0] = value;

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Short(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Room(2), value);

    public void Whole(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Room(4), value);

    public void Long(long value) => BinaryPrimitives.WriteInt64BigEndian(Room(8), value);

    public void Single(float value) => BinaryPrimitives.WriteSingleBigEndian(Room(4), value);

    public void Double(double value) => BinaryPrimitives.WriteDoubleBigEndian(Room(8), value);

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Room(value.Length));

    public void Text(string value)
    {
        Short((ushort)Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, Room(Encoding.UTF8.GetByteCount(value)));
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    private Span<byte> Room(int length)
    {
        if (_bytes.Length - _length < length)
        {
            var larger = GC.AllocateUninitializedArray<byte>(Math.Max(_length + length, _bytes.Length * 2), pinned: true);
            _bytes.AsSpan(0, _length).CopyTo(larger);
            CryptographicOperations.ZeroMemory(_bytes);
            _bytes = larger;
        }
        return _bytes.AsSpan((_length += length) - length, length);
    }
}

/// <summary>Reads what a <see cref="DoorWriter"/> wrote. After anything is wrong every further field is empty and
/// <see cref="IsWhole"/> stays false, so that a parser asks once, at its end.</summary>
internal ref struct DoorReader(ReadOnlySpan<byte> fields)
{
    // Strict: what is no UTF-8 is no text, not one with replacement characters.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _left = fields;
    private bool _bad;

    /// <summary>True if all was read and nothing is left.</summary>
    public readonly bool IsWhole => !_bad && _left.IsEmpty;

    /// <summary>Refuses the message unless <paramref name="holds"/>.</summary>
    public void Demand(bool holds) => _bad |= !holds;

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public byte Byte(int most)
    {
        var value = Byte();
        Demand(value <= most);
        return _bad ? (byte)0 : value;
    }

    public bool Flag() => Byte(1) == 1;

    public ushort Short() => Take(2) is { Length: 2 } two ? BinaryPrimitives.ReadUInt16BigEndian(two) : (ushort)0;

    public int Short(int most)
    {
        var value = Short();
        Demand(value <= most);
        return _bad ? 0 : value;
    }

    public uint Whole() => Take(4) is { Length: 4 } four ? BinaryPrimitives.ReadUInt32BigEndian(four) : 0;

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public int Whole(int least, int most)
    {
        var value = Whole();
        Demand(value >= least && value <= most);
        return _bad ? least : (int)value;
    }

    public long Long() => Take(8) is { Length: 8 } eight ? BinaryPrimitives.ReadInt64BigEndian(eight) : 0;

    /// <summary>A count, 0 to 2^53 − 1: what every reader of JSON and the log hold.</summary>
    public long Count()
    {
        var value = Long();
        Demand(value is >= 0 and < 1L << 53);
        return _bad ? 0 : value;
    }

    /// <summary>A time of the monotonic clock, within some seven thousand years of its beginning: no difference of two overflows.</summary>
    public TimeSpan Moment()
    {
        var ticks = Long();
        Demand(ticks is >= -(long.MaxValue / 4) and <= long.MaxValue / 4);
        return _bad ? TimeSpan.Zero : TimeSpan.FromTicks(ticks);
    }

    /// <summary>A share, 0 to 1; neither NaN nor minus zero.</summary>
    public float Share()
    {
        var value = Take(4) is { Length: 4 } four ? BinaryPrimitives.ReadSingleBigEndian(four) : 0;
        Demand(value is >= 0 and <= 1 && !float.IsNegative(value));
        return _bad ? 0 : value;
    }

    public double Double(double least, double most)
    {
        var value = Take(8) is { Length: 8 } eight ? BinaryPrimitives.ReadDoubleBigEndian(eight) : 0;
        Demand(value >= least && value <= most && !double.IsNegative(value));
        return _bad ? least : value;
    }

    /// <summary>Degrees, −180 to 180; not minus zero.</summary>
    public double Angle()
    {
        var value = Take(8) is { Length: 8 } eight ? BinaryPrimitives.ReadDoubleBigEndian(eight) : 0;
        Demand(value is >= -180 and <= 180 && !(value == 0 && double.IsNegative(value)));
        return _bad ? 0 : value;
    }

    public ReadOnlySpan<byte> Bytes(int length) => Take(length);

    public string Text(int most)
    {
        var length = Short();
        Demand(length <= most);
        try
        {
            return _bad ? "" : Strict.GetString(Take(length));
        }
        catch (DecoderFallbackException)
        {
            _bad = true;
            return "";
        }
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (_bad || length > _left.Length)
        {
            _bad = true;
            return [];
        }
        var taken = _left[..length];
        _left = _left[length..];
        return taken;
    }
}
