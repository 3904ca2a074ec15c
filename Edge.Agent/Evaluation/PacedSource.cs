using System.Runtime.CompilerServices;
using Edge.Vision.Capture;

namespace Edge.Agent.Evaluation;

/// <summary>A recording that plays at its own pace, as a camera would send it, over and over: every frame is handed over, late where whoever reads
/// is.</summary>
/// <param name="recording">Read again each time that it is over; disposed with this.</param>
/// <param name="length">How long it plays.</param>
internal sealed class PacedSource(ICameraSource recording, TimeSpan length, TimeProvider time) : ICameraSource
{
    private static readonly TimeSpan BetweenRounds = TimeSpan.FromSeconds(1.0 / 15);

    /// <summary>How far behind its pace the last frame was handed over.</summary>
    public TimeSpan Behind { get; private set; }

    public string Name => recording.Name;

    public bool IsLive => false;

    public bool IsStill => false;

    public CameraHealth Health => recording.Health;

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        var played = TimeSpan.Zero; // in the rounds before this one
        while (true)
        {
            var last = TimeSpan.Zero;
            await foreach (var frame in recording.ReadAsync(cancel))
            {
                last = frame.Position;
                var due = played + frame.Position;
                if (due >= length)
                {
                    frame.Dispose();
                    yield break;
                }
                var early = due - time.GetElapsedTime(begun);
                if (early > TimeSpan.Zero) await Task.Delay(early, time, cancel);
                Behind = time.GetElapsedTime(begun) - due;
                yield return frame.At(due);
            }
            played += last + BetweenRounds;
        }
    }

    public ValueTask DisposeAsync() => recording.DisposeAsync();
}
