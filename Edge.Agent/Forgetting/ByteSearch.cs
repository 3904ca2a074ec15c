using System.Runtime.InteropServices;

namespace Edge.Agent.Forgetting;

/// <summary>Looks for many byte strings at once. Immutable; safe for several threads.</summary>
internal sealed class ByteSearch
{
    /// <summary>Bytes of the shortest that can be looked for.</summary>
    public const int Least = 4;

    private const int Bits = 20;

    private readonly ulong[] _mayBegin = new ulong[(1 << Bits) / 64];
    private readonly Dictionary<uint, List<int>> _beginnings = [];
    private readonly IReadOnlyList<byte[]> _wanted;

    public ByteSearch(IReadOnlyList<byte[]> wanted)
    {
        _wanted = wanted;
        foreach (var (i, one) in wanted.Index())
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(one.Length, Least, nameof(wanted));
            var beginning = MemoryMarshal.Read<uint>(one);
            if (!_beginnings.TryGetValue(beginning, out var same)) _beginnings[beginning] = same = [];
            same.Add(i);
            _mayBegin[Slot(beginning) >> 6] |= 1UL << (Slot(beginning) & 63);
        }
        Longest = wanted.Count == 0 ? Least : wanted.Max(one => one.Length);
    }

    /// <summary>Bytes of the longest.</summary>
    public int Longest { get; }

    /// <summary>Tells which stands where, overlapping ones too.</summary>
    public void In(ReadOnlySpan<byte> bytes, Action<int, int> found)
    {
        for (var at = 0; at + Least <= bytes.Length; at++)
        {
            var beginning = MemoryMarshal.Read<uint>(bytes[at..]);
            var slot = Slot(beginning);
            if ((_mayBegin[slot >> 6] >> (slot & 63) & 1) == 0 || !_beginnings.TryGetValue(beginning, out var candidates)) continue;
            foreach (var i in candidates)
                if (bytes[at..].StartsWith(_wanted[i])) found(i, at);
        }
    }

    private static int Slot(uint beginning) => (int)(unchecked(beginning * 2654435769) >> (32 - Bits));
}
