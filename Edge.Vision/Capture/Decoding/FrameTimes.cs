using System.Buffers.Text;
using System.Collections.Concurrent;

namespace Edge.Vision.Capture.Decoding;

/// <summary>The times that ffmpeg's filter <c>showinfo</c> says of its frames, one by one, before each of them leaves. A pipe of pictures has none.</summary>
internal sealed class FrameTimes : IDisposable
{
    /// <summary>Says nothing else of a frame: its checksum would cost as much as decoding it.</summary>
    public const string Filter = "showinfo=checksum=0";

    // What is said before its picture has been read by then, unless the machine stands still.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Whoever says more than that ahead of its pictures has no times worth keeping.
    private const int MostAhead = 1024;

    private readonly BlockingCollection<double> _seconds = new(MostAhead);
    private readonly byte[] _line = new byte[512];
    private int _length;

    /// <summary>Takes a piece of what ffmpeg says, lines broken anywhere.</summary>
    public void Take(ReadOnlySpan<byte> piece)
    {
        foreach (var one in piece)
            if (one is (byte)'\n' or (byte)'\r')
            {
                TakeLine(_line.AsSpan(0, _length));
                _length = 0;
            }
            else if (_length < _line.Length) _line[_length++] = one;
    }

    /// <summary>Seconds of the next frame on the clock of the film; null where it has none, or none was said.</summary>
    public double? Next() => _seconds.TryTake(out var seconds, Patience) && double.IsFinite(seconds) ? seconds : null;

    public void Dispose() => _seconds.Dispose();

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith("[Parsed_showinfo_"u8) || line.IndexOf(" pts_time:"u8) is not (>= 0 and var at)) return;
        _seconds.TryAdd(Utf8Parser.TryParse(line[(at + " pts_time:".Length)..], out double seconds, out _) ? seconds : double.NaN);
    }
}
