using System.Buffers.Text;
using System.Security.Cryptography;

namespace Edge.Agent.Forgetting;

/// <summary>What was found in one place.</summary>
/// <param name="Where">The place, in words.</param>
/// <param name="Bytes">How many were looked at.</param>
internal sealed record PlaceSearched(string Where, long Bytes)
{
    /// <summary>How often each form was found; never which plate.</summary>
    public IReadOnlyDictionary<string, int> Found { get; init; } = new Dictionary<string, int>();

    /// <summary>Spellings that stood there before anything had passed: of those nothing can be said.</summary>
    public int Untellable { get; init; }

    /// <summary>Pictures that were found and read.</summary>
    public int Pictures { get; init; }

    /// <summary>Why it could not be searched; null where it was.</summary>
    public string? NotSearched { get; init; }

    /// <summary>The search would have found something: what must be there was seen.</summary>
    public bool Sees { get; init; } = true;

    public bool Clean => Found.Count == 0 && NotSearched is null && Sees;
}

/// <summary>Everything that plates and their pictures may have left, to be looked for. Thread-safe.</summary>
internal sealed class Traces
{
    /// <summary>Shorter texts stand everywhere by chance, and no read is accepted that has fewer than 4.</summary>
    public const int ShortestHunted = 5;

    // One of fewer characters counts only where it stands alone.
    private const int LongEnoughToStandAnywhere = 6;

    private const int LargestPicture = 8 << 20;

    private readonly List<(string Form, byte[] Bytes)> _wanted = [];
    private readonly ByteSearch _search;
    private readonly int _jpegs, _control;

    /// <param name="wanted">Each with the name of its form.</param>
    /// <param name="control">What stands in every process of the box: a search that misses it sees nothing.</param>
    public Traces(IEnumerable<(string Form, byte[] Bytes)> wanted, byte[] control)
    {
        _wanted = [.. wanted.DistinctBy(one => Convert.ToHexString(one.Bytes))];
        _jpegs = _wanted.Count;
        _control = _jpegs + JpegFile.Beginnings.Count;
        _search = new ByteSearch([.. _wanted.Select(one => one.Bytes), .. JpegFile.Beginnings, control]);
    }

    /// <summary>How many byte strings are looked for.</summary>
    public int Strings => _wanted.Count;

    /// <summary>What stands in some bytes.</summary>
    public Look In(ReadOnlySpan<byte> bytes)
    {
        var look = new Look { Bytes = bytes.Length };
        var places = new List<(int What, int At)>();
        _search.In(bytes, (what, at) => places.Add((what, at)));
        foreach (var (what, at) in places)
            if (IsJpeg(what)) look.Keep(Picture(bytes[at..Math.Min(bytes.Length, at + LargestPicture)]));
            else Count(look, what, bytes, at);
        return look;
    }

    /// <summary>What stands in a message: its topic, its bytes, and what is signed in it.</summary>
    public Look InMessage(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> jws)
    {
        var look = In(topic).And(In(jws));
        foreach (var part in jws.Split((byte)'.'))
            if (Base64Url.IsValid(jws[part])) look = look.And(In(Base64Url.DecodeFromUtf8(jws[part])));
        return look;
    }

    /// <summary>What stands in the memory of a process; null where it cannot be read.</summary>
    public Look? InMemory(int process)
    {
        using var memory = ProcessMemory.TryOpen(process);
        if (memory is null) return null;
        var look = new Look();
        var jpegs = new List<long>();
        var found = new List<(int What, int At)>();
        look.Bytes = memory.Read(_search.Longest + 1, (bytes, own, address) =>
        {
            found.Clear();
            _search.In(bytes, (what, at) => found.Add((what, at)));
            foreach (var (what, at) in found.Where(one => one.At < own))
                if (IsJpeg(what)) jpegs.Add(address + at);
                else Count(look, what, bytes, at);
        });
        var picture = new byte[LargestPicture];
        foreach (var at in jpegs) look.Keep(Picture(picture.AsSpan(0, memory.At(at, picture))));
        Array.Clear(picture);
        return look;
    }

    /// <summary>A place as it is reported: what is there beyond what had been there before.</summary>
    public PlaceSearched Report(string where, Look look, Look? before = null, bool isProcess = false)
    {
        var fresh = look.Found.Where(one => before is null || !before.Found.ContainsKey(one.Key)).ToList();
        return new PlaceSearched(where, look.Bytes)
        {
            Found = fresh.GroupBy(one => _wanted[one.Key].Form).ToDictionary(form => form.Key, form => form.Sum(one => one.Value)),
            Untellable = look.Found.Count - fresh.Count, Sees = !isProcess || look.SawControl,
        };
    }

    private bool IsJpeg(int what) => what >= _jpegs && what < _control;

    private void Count(Look look, int what, ReadOnlySpan<byte> bytes, int at)
    {
        if (what == _control) look.SawControl = true;
        else if (_wanted[what].Bytes.Length >= LongEnoughToStandAnywhere || StandsAlone(bytes, at, _wanted[what].Bytes.Length))
            look.Found[what] = look.Found.GetValueOrDefault(what) + 1;
    }

    private static bool StandsAlone(ReadOnlySpan<byte> bytes, int at, int length) =>
        (at == 0 || !char.IsAsciiLetterOrDigit((char)bytes[at - 1])) && (at + length >= bytes.Length || !char.IsAsciiLetterOrDigit((char)bytes[at + length]));

    private static byte[]? Picture(ReadOnlySpan<byte> bytes) => JpegFile.Length(bytes) is { } length ? bytes[..length].ToArray() : null;

    /// <summary>What one look saw.</summary>
    internal sealed class Look
    {
        private readonly HashSet<string> _known = [];

        public long Bytes { get; set; }

        /// <summary>How often what was found, by its place among what was wanted.</summary>
        public Dictionary<int, int> Found { get; } = [];

        /// <summary>Whole JPEG files, none twice.</summary>
        public List<byte[]> Pictures { get; } = [];

        public bool SawControl { get; set; }

        public void Keep(byte[]? picture)
        {
            if (picture is not null && _known.Add(Convert.ToHexString(SHA256.HashData(picture)))) Pictures.Add(picture);
        }

        public Look And(Look other)
        {
            Bytes += other.Bytes;
            foreach (var (what, count) in other.Found) Found[what] = Found.GetValueOrDefault(what) + count;
            other.Pictures.ForEach(Keep);
            SawControl |= other.SawControl;
            return this;
        }
    }
}
