using System.Text;

namespace Edge.Tests.Fuzzing;

/// <summary>Makes inputs from inputs, the same ones each time from the same seed: bits, bytes, numbers, pieces left out, doubled, moved, taken from another
/// input. It knows nothing of what the parser covers; what the parser accepted is changed further.</summary>
/// <param name="accepted">What it accepted in an earlier run.</param>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds, IReadOnlyList<byte[]> accepted, int seed, int longest)
{
    private const int MostKept = 256;

    private static readonly byte[][] Words =
    [
        .. new[]
        {
            "null", "true", "[]", "{}", "\"\"", "-1", "0", "00", "1e999", "9223372036854775807", "9223372036854775808", "-0", "0.5", "\\u0000", "\\ud800",
            "\",\"", "[[[[", "{\"a\":",
            "\n\n", "\r\n", "\n", "=", "==", "-", "— ", "+", "old 1\n", "2026-02-30T00:00:00Z", "--edge", "--edge--", "Content-Length: -1",
            "Content-Length: 99999999999",
        }.Select(Encoding.UTF8.GetBytes),
        [0], [0xFF], [0x7F], [0x80], [0xFF, 0xFF], [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0xC0, 0x80], [0xEF, 0xBB, 0xBF],
    ];

    private readonly Random _random = new(seed);
    private readonly List<byte[]> _kept = [.. accepted];

    /// <summary>The last of what the parser took.</summary>
    public IReadOnlyList<byte[]> Kept => _kept;

    public byte[] Next()
    {
        var input = new List<byte>(Any());
        for (var changes = 1 + _random.Next(4); changes > 0; changes--) Change(input);
        if (input.Count > longest) input.RemoveRange(longest, input.Count - longest);
        return [.. input];
    }

    /// <summary>The parser took it: it is changed further.</summary>
    public void Keep(byte[] input)
    {
        if (_kept.Count < MostKept) _kept.Add(input);
        else _kept[_random.Next(MostKept)] = input;
    }

    private byte[] Any() => _kept.Count > 0 && _random.Next(2) == 0 ? _kept[_random.Next(_kept.Count)] : seeds[_random.Next(seeds.Count)];

    private void Change(List<byte> input)
    {
        if (input.Count == 0)
        {
            input.AddRange(Words[_random.Next(Words.Length)]);
            return;
        }
        var at = _random.Next(input.Count);
        var length = Math.Min(input.Count - at, 1 + _random.Next(_random.Next(4) == 0 ? input.Count : 8));
        switch (_random.Next(9))
        {
            case 0: input[at] ^= (byte)(1 << _random.Next(8)); break;
            case 1: input[at] = (byte)_random.Next(256); break;
            case 2: input.RemoveRange(at, length); break;
            case 3: input.InsertRange(at, input.GetRange(at, length)); break;
            case 4: input.InsertRange(_random.Next(input.Count), input.GetRange(at, length)); break;
            case 5: input.InsertRange(at, Words[_random.Next(Words.Length)]); break;
            case 6:
                input.RemoveRange(at, length);
                input.InsertRange(at, Words[_random.Next(Words.Length)]);
                break;
            case 7: input.RemoveRange(at, input.Count - at); break;
            default:
                var other = Any();
                if (other.Length > 0) input.InsertRange(at, other[_random.Next(other.Length)..]);
                break;
        }
    }
}
