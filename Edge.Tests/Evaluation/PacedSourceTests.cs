using System.Runtime.CompilerServices;
using Edge.Agent.Evaluation;
using Edge.Vision.Capture;
using Microsoft.Extensions.Time.Testing;
using OpenCvSharp;

namespace Edge.Tests.Evaluation;

public sealed class PacedSourceTests
{
    [Fact]
    public async Task A_recording_that_is_played_over_and_over_is_one_film_whose_time_only_goes_on()
    {
        // Always late: it waits for nothing.
        await using var source = new PacedSource(new Short(), TimeSpan.FromSeconds(0.5), new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(1) });
        var positions = new List<TimeSpan>();
        await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken))
            using (frame) positions.Add(frame.Position);
        Assert.Equal(8, positions.Count); // fifteen a second, in half a second
        Assert.All(positions.Zip(positions.Skip(1)), two => Assert.Equal(1000.0 / 15, (two.Second - two.First).TotalMilliseconds, 1.0));
    }

    /// <summary>Three frames, fifteen a second.</summary>
    private sealed class Short : ICameraSource
    {
        public string Name => "short";

        public bool IsLive => false;

        public bool IsStill => false;

        public CameraHealth Health => throw new NotSupportedException();

        public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
        {
            for (var i = 0; i < 3; i++) yield return new Frame(new Mat(4, 4, MatType.CV_8UC3), i, TimeSpan.FromSeconds(i / 15.0), DateTimeOffset.UnixEpoch);
            await Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
