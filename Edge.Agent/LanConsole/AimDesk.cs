using Edge.Agent.Door;
using Edge.Storage.Audit;
using Edge.Vision.Aiming;

namespace Edge.Agent.LanConsole;

/// <summary>One look through a camera, from when somebody began it.</summary>
internal sealed class Viewing(string camera, string certificate, DateTimeOffset until) : IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private volatile Shown? _latest;

    public string Camera => camera;

    /// <summary>Whose it is.</summary>
    public string Certificate => certificate;

    public DateTimeOffset Until => until;

    /// <summary>The newest picture; null until the first.</summary>
    public Shown? Latest => _latest;

    public CancellationToken Over => _over.Token;

    public void Take(AimView view) => _latest = new Shown((_latest?.Number ?? 0) + 1, view);

    public void End()
    {
        _latest = null;
        _over.Cancel();
    }

    public void Dispose() => _over.Dispose();

    /// <summary>A picture and which one it is.</summary>
    internal sealed record Shown(long Number, AimView View);
}

/// <summary>Who looks through which camera. A viewing has its entry in the log before the first picture, ends after <see cref="AimRequest.Longest"/> or with
/// the session, and leaves nothing. Thread-safe.</summary>
internal sealed class AimDesk(IAimViews views, ConsoleDiary diary, TimeProvider time, CancellationToken stop)
{
    /// <summary>At a time: each costs the reader a little.</summary>
    public const int Most = 2;

    private readonly Lock _gate = new();
    private readonly List<Viewing> _open = [];

    /// <summary>What somebody looks at now; null if they do not.</summary>
    public Viewing? Of(Session session, string camera)
    {
        lock (_gate) return _open.FirstOrDefault(one => one.Certificate == session.Certificate && one.Camera == camera && time.GetUtcNow() < one.Until);
    }

    /// <summary>Begins to look; ends what the same person looked at before.</summary>
    /// <param name="number">The camera's in the configuration, from 1.</param>
    /// <returns>Null while too many look.</returns>
    /// <exception cref="AuditWriteException">It cannot be logged: nobody looks.</exception>
    public Viewing? Begin(Session session, string camera, int number)
    {
        End(session);
        Viewing viewing;
        lock (_gate)
        {
            if (_open.Count >= Most) return null;
            diary.Aims(session, number);
            var until = time.GetUtcNow() + AimRequest.Longest;
            viewing = new Viewing(camera, session.Certificate, until < session.Expires ? until : session.Expires);
            _open.Add(viewing);
        }
        _ = WatchAsync(viewing);
        return viewing;
    }

    public void End(Session session)
    {
        List<Viewing> over;
        lock (_gate) over = [.. _open.Where(one => one.Certificate == session.Certificate)];
        foreach (var one in over) Close(one);
    }

    private async Task WatchAsync(Viewing viewing)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(viewing.Over, stop);
        try
        {
            await foreach (var view in views.WatchAsync(new AimRequest(viewing.Camera, viewing.Until - time.GetUtcNow()), over.Token)) viewing.Take(view);
        }
        catch (OperationCanceledException)
        {
            // Ended by whoever looked, or with the box.
        }
        finally
        {
            Close(viewing);
        }
    }

    private void Close(Viewing viewing)
    {
        lock (_gate)
            if (!_open.Remove(viewing)) return;
        viewing.End();
    }
}
