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
}
