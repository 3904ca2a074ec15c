using System.Collections.Concurrent;
using Edge.Vision.Capture;
using OpenCvSharp;

namespace Edge.Tests.Capture;

/// <summary>A camera that does what the test says, next to a clock that does too.</summary>
internal sealed class ScriptedCamera
{
    private readonly ConcurrentQueue<Feed> _feeds = new();

    /// <summary>What every new connection does at once; by default it waits for orders.</summary>
    public Action? OnRead { get; set; }

    public int Connections => _feeds.Count;

    public Feed Current => _feeds.Last();

    public IEnumerable<Feed> Feeds => _feeds;

    public Feed Connect()
    {
        var feed = new Feed(OnRead);
        _feeds.Enqueue(feed);
        return feed;
    }

    internal sealed class Feed(Action? onRead) : ILiveFeed
    {
        private readonly BlockingCollection<Func<FramePool, Mat>> _orders = [];
        private readonly CancellationTokenSource _cut = new();

        /// <summary>A driver that hangs for good: cutting it has no effect.</summary>
        public bool IgnoresCut { get; set; }

        public bool IsCut => _cut.IsCancellationRequested;

        public bool IsDisposed { get; private set; }

        /// <summary>Sends a uniform picture of that shade.</summary>
        public void Show(byte shade) => _orders.Add(pool =>
        {
            var pixels = pool.Rent(8, 6);
            pixels.SetTo(Scalar.All(shade));
            return pixels;
        });

        public void Fail(Exception failure) => _orders.Add(_ => throw failure);

        public Mat Read(FramePool pool)
        {
            onRead?.Invoke();
            try
            {
                return _orders.Take(IgnoresCut ? CancellationToken.None : _cut.Token)(pool);
            }
            catch (OperationCanceledException)
            {
                throw new CaptureException("cut");
            }
        }

        public void Cut() => _cut.Cancel();

        public void Dispose() => IsDisposed = true;
    }
}
