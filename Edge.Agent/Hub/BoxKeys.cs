using System.Collections.Concurrent;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;

namespace Edge.Agent.Hub;

/// <summary>The message keys of the boxes that an agency has enrolled, and of those that others have offered to it. A file is read again
/// when it has changed, so that a hub in service believes a box from when it is enrolled, and no longer than that. Thread-safe.</summary>
internal sealed class BoxKeys(AgencyFolder folder, string agency)
{
    private readonly ConcurrentDictionary<string, Read> _read = new(StringComparer.Ordinal);

    /// <summary>The key of a box; null if it is not known now, or its file is damaged.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public VerifyingKey? Find(BoxName box)
    {
        var file = new FileInfo(box.Agency == agency ? folder.Box(box.Box) : folder.Offer(box.Agency));
        if (!file.Exists) return null;
        var (written, length) = (file.LastWriteTimeUtc, file.Length);
        if (!_read.TryGetValue(file.FullName, out var read) || read.Written != written || read.Length != length)
            _read[file.FullName] = read = new Read(written, length, Parse(file.FullName, box.Agency));
        return read.Keys.GetValueOrDefault(box);
    }

    private Dictionary<BoxName, VerifyingKey> Parse(string file, string of)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (FileNotFoundException)
        {
            bytes = []; // removed since
        }
        if (of == agency) return KnownBox.TryParse(bytes, out var box, out _) ? new Dictionary<BoxName, VerifyingKey> { [box.Name] = box.Messages } : None;
        return Offer.TryParse(bytes, out var offer, out _) ? offer.NamedBoxes.ToDictionary() : None;
    }

    private static readonly Dictionary<BoxName, VerifyingKey> None = [];

    private sealed record Read(DateTime Written, long Length, IReadOnlyDictionary<BoxName, VerifyingKey> Keys);
}
