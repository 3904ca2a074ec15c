namespace Edge.Vision.Capture;

/// <summary>A part of a frame as it lies in memory, without a conversion and without a copy. Points into the frame's pixels, and lives no longer.</summary>
/// <param name="first">The first byte of the first row.</param>
/// <param name="stride">Bytes from one row to the next.</param>
/// <param name="width">In pixels, like <paramref name="height"/>.</param>
/// <param name="channels">1: luma of studio range (see <see cref="Planar"/>); 3: blue, green, red.</param>
internal readonly unsafe ref struct Glance(byte* first, nint stride, int width, int height, int channels)
{
    private readonly byte* _first = first;
    private readonly nint _stride = stride;

    public int Width { get; } = width;

    public int Height { get; } = height;

    public int Channels { get; } = channels;

    /// <summary>True where it has no colour.</summary>
    public bool IsLuma => Channels == 1;

    /// <summary>A row of it, <see cref="Channels"/> bytes a pixel.</summary>
    public ReadOnlySpan<byte> Row(int y)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)y, (uint)Height, nameof(y));
        return new ReadOnlySpan<byte>(_first + y * _stride, Width * Channels);
    }

    /// <summary>Mean grey level, 0 to 255, of every eighth row: enough to tell night from day.</summary>
    public double Brightness()
    {
        const int every = 8;
        Span<long> sums = stackalloc long[Channels];
        var rows = 0;
        for (var y = 0; y < Height; y += every, rows++)
        {
            var row = Row(y);
            for (var channel = 0; channel < Channels; channel++)
            for (var x = channel; x < row.Length; x += Channels)
                sums[channel] += row[x];
        }
        var pixels = (double)rows * Width;
        // ITU-R BT.601: the weights of blue, green and red in what is called grey.
        return IsLuma ? Planar.Spread(sums[0] / pixels) : (0.114 * sums[0] + 0.587 * sums[1] + 0.299 * sums[2]) / pixels;
    }
}
