using OpenCvSharp;

namespace Edge.Vision.Capture;

/// <summary>One connection to a camera. Made without touching it; read and disposed by one thread; cut by any other.</summary>
internal interface ILiveFeed : IDisposable
{
    /// <summary>The next picture, from <paramref name="pool"/>. Connects on the first call. May block for ever.</summary>
    /// <exception cref="CaptureException">The camera refused, ended, or sent something that is no picture.</exception>
    Mat Read(FramePool pool);

    /// <summary>Makes a blocked <see cref="Read"/> fail, by force where there is one; also before the first read.</summary>
    void Cut();
}
