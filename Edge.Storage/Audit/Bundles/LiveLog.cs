using Edge.Storage.Files;

namespace Edge.Storage.Audit.Bundles;

/// <summary>The folder of a log that its agent may be writing meanwhile: the files at its end are replaced with each entry, so that what was listed may be gone
/// when it is read.</summary>
public static class LiveLog
{
    private const int Attempts = 5;

    /// <summary>An append that is under way has ended by then.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Reads it, and again from where it is by then as long as reading fails and it has gone on; what comes of the last reading counts.</summary>
    /// <param name="checkpoint">Its checkpoint as it is now; null for what nobody writes.</param>
    /// <param name="holds">Whether a reading found nothing wrong.</param>
    /// <param name="unfinished">Whether a reading found wrong only what an append leaves that is under way: then it is given time to end.</param>
    /// <exception cref="IOException">It cannot be read, and nobody has written it.</exception>
    public static async Task<T> ReadAsync<T>(Func<byte[]?> checkpoint, Func<T> read, Func<T, bool> holds, Func<T, bool> unfinished, TimeProvider time,
        CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(holds);
        ArgumentNullException.ThrowIfNull(unfinished);
        ArgumentNullException.ThrowIfNull(time);
        for (var attempt = 1; ; attempt++)
        {
            var before = checkpoint();
            try
            {
                var found = read();
                if (holds(found) || attempt == Attempts || !(HasGoneOn() || (unfinished(found) && await GoesOnAsync()))) return found;
            }
            catch (IOException) when (attempt < Attempts && HasGoneOn())
            {
            }

            async Task<bool> GoesOnAsync()
            {
                for (var since = time.GetTimestamp(); before is not null && time.GetElapsedTime(since) < Patience; await Task.Delay(Pause, time, stop))
                    if (HasGoneOn()) return true;
                return false;
            }

            bool HasGoneOn() => before is not null && checkpoint() is { } now && !now.AsSpan().SequenceEqual(before);
        }
    }

    /// <summary>The checkpoint of the log in a folder; null for an archive, and where none can be read.</summary>
    public static byte[]? CheckpointOf(string path)
    {
        if (!Directory.Exists(path)) return null;
        try
        {
            using var file = PlainFile.OpenRead(Path.Combine(path, "checkpoint"));
            var bytes = new byte[SignedNote.MaxBytes];
            return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
