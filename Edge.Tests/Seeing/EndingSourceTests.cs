using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Edge.Agent.Seeing;
using Edge.Vision.Capture;

namespace Edge.Tests.Seeing;

/// <summary>A camera is let go of when nobody is before it, and not before, unless that takes too long.</summary>
public sealed class EndingSourceTests : IAsyncDisposable
{
    private readonly Frames _frames = new();
    private readonly EndingSource _source;
    private bool _following;

    public EndingSourceTests() => _source = new EndingSource(_frames, () => _following);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Fact]
    public async Task It_goes_on_while_somebody_is_before_it_and_ends_with_the_frame_after_which_nobody_is()
    {
        await using var reading = _source.ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        _following = true;
        Assert.True(await NextAsync(reading));
        _source.End();
        Assert.True(await NextAsync(reading));
        Assert.True(await NextAsync(reading));
        _following = false;
        Assert.False(await reading.MoveNextAsync());
        Assert.Equal(3, _frames.Taken);
    }

    [Fact]
    public async Task A_silent_one_that_nobody_is_before_ends_at_once()
    {
        await using var reading = _source.ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        var next = reading.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        _source.End();
        Assert.False(await next);
    }

    [Fact]
    public async Task Told_to_end_now_it_waits_for_nobody_and_ends_as_a_recording_does()
    {
        await using var reading = _source.ReadAsync(Cancel).GetAsyncEnumerator(Cancel);
        _following = true;
        Assert.True(await NextAsync(reading));
        _source.End();
        var next = reading.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        _source.EndNow();
        Assert.False(await next); // no exception: what is followed is decided on
    }

    [Fact]
    public async Task Whoever_stops_reading_is_told_so_as_ever()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var reading = _source.ReadAsync(stop.Token).GetAsyncEnumerator(stop.Token);
        var next = reading.MoveNextAsync().AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    private async Task<bool> NextAsync(IAsyncEnumerator<Frame> reading)
    {
        _frames.Bring();
        return await reading.MoveNextAsync();
    }

    private sealed class Frames : ICameraSource
    {
        private readonly Channel<bool> _bring = Channel.CreateUnbounded<bool>();

        public int Taken { get; private set; }

        public string Name => "lane-1";

        public bool IsLive => true;

        public bool IsStill => false;

        public CameraHealth Health => new(CameraState.Running, default, Taken, 0, 0, null);

        public void Bring() => _bring.Writer.TryWrite(true);

        public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
        {
            await foreach (var _ in _bring.Reader.ReadAllAsync(cancel))
            {
                Taken++;
                yield return default; // nobody looks into it here
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
