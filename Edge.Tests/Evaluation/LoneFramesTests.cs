using Edge.Agent.Evaluation;
using Edge.Vision.Capture;
using Edge.Vision.Evaluation;

namespace Edge.Tests.Evaluation;

public sealed class LoneFramesTests
{
    [Fact]
    public async Task A_recording_s_frames_come_one_by_one_as_stills_and_the_recording_goes_with_them()
    {
        var recording = new Recording();
        await using (var alone = new LoneFrames(recording))
        {
            Assert.True(alone is { IsStill: true, IsLive: false, Name: "lane" });
            var frames = 0;
            await foreach (var frame in alone.ReadAsync(TestContext.Current.CancellationToken))
                using (frame)
                    frames++;
            Assert.Equal(3, frames);
            Assert.False(recording.IsDisposed);
        }
        Assert.True(recording.IsDisposed);
    }

    private sealed class Recording : ICameraSource
    {
        private readonly Specimen _picture = Specimen.Blank(64, 36);

        public bool IsDisposed { get; private set; }

        public string Name => "lane";

        public bool IsLive => false;

        public bool IsStill => false;

        public CameraHealth Health => _picture.Health;

        public IAsyncEnumerable<Frame> ReadAsync(CancellationToken cancel) =>
            new[] { _picture, _picture, _picture }.ToAsyncEnumerable().SelectMany(picture => picture.ReadAsync(cancel));

        public ValueTask DisposeAsync()
        {
            _picture.Dispose();
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
