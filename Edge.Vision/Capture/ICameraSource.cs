namespace Edge.Vision.Capture;

/// <summary>
/// Where frames come from: a picture, a folder, a recording, or a live camera. A live source hands over the newest
/// frame and drops the rest; a recording hands over every frame at its own timestamps.
/// </summary>
public interface ICameraSource : IAsyncDisposable
{
    /// <summary>The camera's configured name; it may appear in logs.</summary>
    string Name { get; }

    /// <summary>True for cameras, false for pictures and recordings.</summary>
    bool IsLive { get; }

    /// <summary>True where each frame is a picture of its own, not the next moment of the last one.</summary>
    bool IsStill { get; }

    /// <summary>A snapshot of the camera's state and counters.</summary>
    CameraHealth Health { get; }

    /// <summary>Frames until the recording ends, the source is disposed or <paramref name="cancel"/> fires; the caller
    /// disposes each one. A live source has one reader at a time; any may be read again afterwards.</summary>
    /// <exception cref="CaptureException">The source cannot be opened or decoded (pictures and recordings only: a live
    /// source reconnects for ever and reports through <see cref="Health"/>). Frames decoded before the damage were
    /// handed over first.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> fired.</exception>
    /// <exception cref="InvalidOperationException">Somebody else is reading.</exception>
    IAsyncEnumerable<Frame> ReadAsync(CancellationToken cancel);
}
