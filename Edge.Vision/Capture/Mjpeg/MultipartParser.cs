using System.Globalization;
using System.Text;

namespace Edge.Vision.Capture.Mjpeg;

/// <summary>What the next look at the bytes gave.</summary>
internal enum MultipartStep
{
    /// <summary>Append more bytes.</summary>
    NeedsMore,
    /// <summary>A picture is ready.</summary>
    Part,
    /// <summary>The closing boundary was seen.</summary>
    Ended,
    /// <summary>The stream breaks a rule or a limit; it is of no more use.</summary>
    Refused,
}

/// <summary>
/// Takes a <c>multipart/x-mixed-replace</c> body apart (RFC 2046 §5.1), fed in pieces of any size. Forgiving where
/// cameras are known to differ (boundary parameter with its dashes, bare line feeds, no length), strict about size: a
/// part of at most 8 MiB, its headers at most 8 KiB. Pure: no socket, no picture. What was handed out or passed over is wiped: it shows plates.
/// </summary>
internal sealed class MultipartParser : IDisposable
{
    public const int LargestPart = 8 << 20;
    public const int LargestHeaders = 8 << 10;
    private const int LongestBoundary = 70; // RFC 2046 §5.1.1

    private readonly byte[] _delimiter;
    private byte[] _bytes = Room(64 << 10);
    private int _wiped; // everything before it
    private int _start;
    private int _end;
    private int _searched;
    private int _spent; // bytes of the current preamble or headers taken already
    private int? _length;
    private bool _isPicture;
    private Expecting _expecting = Expecting.Delimiter;

    private MultipartParser(string boundary) => _delimiter = Encoding.ASCII.GetBytes("--" + boundary);

    private enum Expecting
    {
        Delimiter,
        DelimiterEnd,
        Headers,
        Body,
    }

    /// <summary>Why it refused, fit for a technician; empty before that.</summary>
    public string Refusal { get; private set; } = "";

    private ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Makes a parser for a boundary as the Content-Type header names it, with or without quotes and dashes.</summary>
    public static bool TryCreate(string? boundary, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out MultipartParser? parser)
    {
        // Leading dashes are dropped on both sides: some cameras count the delimiter's own two as part of the name.
        var name = boundary?.Trim().Trim('"').TrimStart('-') ?? "";
        var usable = name.Length is > 0 and <= LongestBoundary && name.All(character => character is > ' ' and < '\x7f');
        parser = usable ? new MultipartParser(name) : null;
        return usable;
    }

    /// <summary>Adds bytes as they arrived. Call <see cref="Next"/> until it needs more before adding again.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_start > 0)
        {
            var moved = Unread.Length;
            Unread.CopyTo(_bytes);
            _bytes.AsSpan(moved, _end - moved).Clear();
            (_end, _searched, _start, _wiped) = (moved, _searched - _start, 0, 0);
        }
        if (_end + bytes.Length > _bytes.Length) Grow(Math.Max(_bytes.Length * 2, _end + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The next step; a part's bytes are valid until the next call of anything here.</summary>
    public MultipartStep Next(out ReadOnlySpan<byte> part)
    {
        part = default;
        _bytes.AsSpan(_wiped.._start).Clear();
        _wiped = _start;
        while (Refusal.Length == 0)
        {
            var before = (_expecting, _start);
            switch (_expecting)
            {
                case Expecting.Delimiter: FindDelimiter(); break;
                case Expecting.DelimiterEnd when EndDelimiter(): return MultipartStep.Ended;
                case Expecting.Headers: ReadHeaders(); break;
                case Expecting.Body when TryTakeBody(out part, out var isPicture):
                    if (isPicture) return MultipartStep.Part;
                    break;
            }
            if (Refusal.Length == 0 && before == (_expecting, _start)) return MultipartStep.NeedsMore;
        }
        return MultipartStep.Refused;
    }

    /// <summary>Wipes everything.</summary>
    public void Dispose() => Array.Clear(_bytes);

    // Pinned: the collector must not leave copies behind when it compacts.
    private static byte[] Room(int bytes) => GC.AllocateArray<byte>(bytes, pinned: true);

    private void Grow(int bytes)
    {
        var larger = Room(bytes);
        _bytes.AsSpan(0, _end).CopyTo(larger);
        Array.Clear(_bytes);
        _bytes = larger;
    }

    private void FindDelimiter()
    {
        var at = Unread.IndexOf(_delimiter);
        var skip = at >= 0 ? at : Math.Max(0, Unread.Length - _delimiter.Length + 1);
        _spent += skip;
        _start += skip;
        if (_spent > LargestPart) Refusal = "no boundary where the stream promised one";
        if (at < 0) return;
        _start += _delimiter.Length;
        _expecting = Expecting.DelimiterEnd;
    }

    private bool EndDelimiter()
    {
        var line = Unread.IndexOf((byte)'\n');
        if (Unread.StartsWith("--"u8)) return true;
        if (line < 0 && Unread.Length > LargestHeaders) Refusal = "a boundary line without an end";
        if (line < 0) return false;
        _start += line + 1;
        (_expecting, _length, _isPicture, _spent) = (Expecting.Headers, null, true, 0);
        return false;
    }

    private void ReadHeaders()
    {
        var line = Unread.IndexOf((byte)'\n');
        if (_spent + (line < 0 ? Unread.Length : line) > LargestHeaders)
            Refusal = $"part headers of more than {LargestHeaders >> 10} KiB";
        if (line < 0 || Refusal.Length > 0) return;
        var header = Unread[..line].TrimEnd((byte)'\r');
        _spent += line + 1;
        _start += line + 1;
        if (header.IsEmpty) (_expecting, _spent, _searched) = (Expecting.Body, 0, _start);
        else TakeHeader(Encoding.Latin1.GetString(header));
    }

    private void TakeHeader(string header)
    {
        var colon = header.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return;
        var value = header[(colon + 1)..].Trim();
        switch (header[..colon].Trim().ToUpperInvariant())
        {
            case "CONTENT-LENGTH" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                && length <= LargestPart:
                _length = length;
                break;
            case "CONTENT-LENGTH":
                Refusal = $"a part whose length is not a number up to {LargestPart >> 20} MiB";
                break;
            case "CONTENT-TYPE":
                // Cameras mix event texts between the pictures.
                _isPicture = value.StartsWith("image/", StringComparison.OrdinalIgnoreCase);
                break;
        }
    }

    private bool TryTakeBody(out ReadOnlySpan<byte> part, out bool isPicture)
    {
        part = default;
        isPicture = _isPicture;
        var length = _length ?? Unread[(_searched - _start)..].IndexOf(_delimiter);
        if (_length is null && length >= 0) length += _searched - _start;
        if (length < 0 || length > Unread.Length)
        {
            if (Unread.Length > LargestPart + _delimiter.Length) Refusal = $"a part of more than {LargestPart >> 20} MiB";
            _searched = Math.Max(_start, _end - _delimiter.Length + 1);
            return false;
        }
        part = Unread[..length];
        // Without a length, the line break before the delimiter belongs to the delimiter.
        if (_length is null) part = part.EndsWith("\r\n"u8) ? part[..^2] : part.EndsWith("\n"u8) ? part[..^1] : part;
        _start += length;
        (_expecting, _spent) = (Expecting.Delimiter, 0);
        return true;
    }
}
