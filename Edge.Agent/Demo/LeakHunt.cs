using System.Buffers.Text;
using System.Text;
using Edge.Agent.Forgetting;
using Edge.Vision.Recognition;

namespace Edge.Agent.Demo;

/// <summary>Remembers every plate that should have been forgotten, and afterwards looks for each in every byte that was
/// kept or sent, in each of <see cref="PlateSpellings"/>.</summary>
internal sealed class LeakHunt : IReadWitness, IDisposable
{
    // What has fewer is no plate, and stands everywhere.
    private const int ShortestHunted = 4;

    // Fewer characters occur in a megabyte of base64 by chance: such a text counts only where it stands alone.
    private const int LongEnoughToStandAnywhere = 6;

    private readonly List<PlateText> _forgotten = [];
    private readonly HashSet<PlateText> _lookedFor = [];

    public void Saw(PlateText plate, bool matched)
    {
        if (plate.Length < ShortestHunted) return;
        lock (_forgotten)
        {
            if (matched) _lookedFor.Add(plate.Copy());
            else _forgotten.Add(plate.Copy());
        }
    }

    /// <summary>Bytes of forgotten plates in the files under <paramref name="folders"/>, names included.</summary>
    public long InFolders(params string[] folders) => folders.SelectMany(folder =>
            Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (Name: Path.GetRelativePath(folder, file), Path: file)))
        .Sum(file => In(Encoding.UTF8.GetBytes(file.Name)) + In(File.ReadAllBytes(file.Path)));

    /// <summary>Bytes of forgotten plates in a message: its topic, its bytes, and what is signed in it.</summary>
    public long InMessage(string topic, ReadOnlySpan<byte> jws)
    {
        var found = In(Encoding.UTF8.GetBytes(topic)) + In(jws);
        foreach (var part in jws.Split((byte)'.'))
            if (Base64Url.IsValid(jws[part])) found += In(Base64Url.DecodeFromUtf8(jws[part]));
        return found;
    }

    /// <summary>Bytes of forgotten plates in one piece of data.</summary>
    public long In(ReadOnlySpan<byte> bytes)
    {
        long found = 0;
        foreach (var plate in _forgotten)
        {
            if (_lookedFor.Contains(plate)) continue;
            foreach (var (_, spelling) in PlateSpellings.Of(plate.Ascii))
                found += Count(bytes, spelling) * spelling.Length;
        }
        return found;
    }

    private static long Count(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> spelling)
    {
        long count = 0;
        for (var from = 0; bytes[from..].IndexOf(spelling) is >= 0 and var at; from += at + spelling.Length)
            if (spelling.Length >= LongEnoughToStandAnywhere || StandsAlone(bytes, from + at, spelling.Length)) count++;
        return count;
    }

    private static bool StandsAlone(ReadOnlySpan<byte> bytes, int at, int length) =>
        (at == 0 || !char.IsAsciiLetterOrDigit((char)bytes[at - 1])) &&
        (at + length == bytes.Length || !char.IsAsciiLetterOrDigit((char)bytes[at + length]));

    public void Dispose()
    {
        foreach (var plate in _forgotten.Concat(_lookedFor)) plate.Dispose();
    }
}
