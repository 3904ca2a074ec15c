using System.Runtime.CompilerServices;
using Edge.Tests.Support;
using Edge.Vision;
using Edge.Vision.Capture;
using OpenCvSharp;

namespace Edge.Tests.Tracking;

/// <summary>To look for plates in a frame of luma, and to find none, makes no work for the collector.</summary>
public sealed class EmptyStreetTests
{
    private const int Warm = 100, Counted = 50;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_frame_without_a_plate_makes_no_objects(bool gate)
    {
        using var pipeline = PlatePipeline.Open(Repository.Models, new PipelineOptions { MotionGate = gate });
        await using var street = new Street();
        await foreach (var passage in pipeline.ReadAsync(street, TestContext.Current.CancellationToken)) passage.Dispose();
        Assert.Equal(Warm + Counted, pipeline.Frames);
        Assert.Equal(gate ? 10 : Warm + Counted, pipeline.Examined);
        Assert.Equal(0, street.Made);
    }

    /// <summary>Frames of luma from a pool, 15 a second, all on the caller's thread, so that its objects can be counted.</summary>
    private sealed class Street : ICameraSource
    {
        private readonly FramePool _pool = new();

        /// <summary>Bytes of objects since the street was warm.</summary>
        public long Made { get; private set; }

        public string Name => "street";

        public bool IsLive => false;

        public bool IsStill => false;

        public CameraHealth Health => throw new NotSupportedException();

        public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
        {
            var before = 0L;
            for (var i = 0; i < Warm + Counted; i++)
            {
                if (i == Warm) before = GC.GetAllocatedBytesForCurrentThread();
                var pixels = _pool.RentPlanar(1280, 720);
                unsafe
                {
                    new Span<byte>((void*)pixels.Data, 1280 * 720 * 3 / 2).Fill(100);
                }
                yield return new Frame(pixels, i, TimeSpan.FromSeconds(i / 15.0), DateTimeOffset.UnixEpoch, _pool);
            }
            Made = GC.GetAllocatedBytesForCurrentThread() - before;
            await Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            _pool.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
