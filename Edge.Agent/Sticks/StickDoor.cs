using System.Net.Sockets;
using Edge.Agent.Orders;
using Edge.Storage.Audit;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Sticks;

/// <summary>The agent's side of the talk with the process at a stick: a Unix socket that only the service's own group may open. Whoever speaks
/// there is believed about sticks, and about nothing else.</summary>
internal sealed class StickDoor(string socket, string box, StickDesk desk, TimeProvider time, ILogger log)
{
    private const int MostAtOnce = 4;
    private static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaidWithin = TimeSpan.FromSeconds(60);

    // A worn stick takes minutes for what the kernel has buffered.
    private static readonly TimeSpan PieceWithin = TimeSpan.FromMinutes(10);

    /// <summary>Listens until told to stop. Where it cannot, it says so once: the box works, without sticks.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var listening = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(socket); // of a process that was killed
            listening.Bind(new UnixDomainSocketEndPoint(socket));
            File.SetUnixFileMode(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
            listening.Listen(MostAtOnce);
        }
        catch (Exception refused) when (refused is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Without systemd there is no run folder, and nobody who would mount a stick.
            log.Log(Directory.Exists(Path.GetDirectoryName(socket)) ? LogLevel.Warning : LogLevel.Information,
                "no sticks are taken: {Socket} cannot be opened", socket);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
        }
        using var places = new SemaphoreSlim(MostAtOnce);
        try
        {
            while (true)
            {
                await places.WaitAsync(stop);
                Socket visitor;
                try
                {
                    visitor = await listening.AcceptAsync(stop);
                }
                catch (SocketException refused)
                {
                    places.Release();
                    log.LogWarning("a stick could not be let in ({Failure})", refused.SocketErrorCode); // too many open files, say: no stick may end the box
                    await Task.Delay(AgainAfter, time, stop);
                    continue;
                }
                _ = ServeAsync(visitor, places, stop);
            }
        }
        finally
        {
            File.Delete(socket);
        }
    }

    private async Task ServeAsync(Socket visitor, SemaphoreSlim places, CancellationToken stop)
    {
        try
        {
            using (visitor)
            {
                visitor.SendTimeout = visitor.ReceiveTimeout = (int)PieceWithin.TotalMilliseconds;
                await using var stream = new NetworkStream(visitor);
                await ServeAsync(new StickLink(stream), stop);
            }
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
        {
            log.LogWarning("the process at a stick has gone");
        }
#pragma warning disable CA1031 // whatever it is: a box that ends because of one stick can be ended by anybody who has one
        catch (Exception bug)
#pragma warning restore CA1031
        {
            log.LogError("a stick was dropped: unexpected {Failure}; this is a bug, please report this line", bug.GetType().Name);
        }
        finally
        {
            try
            {
                places.Release();
            }
            catch (ObjectDisposedException)
            {
                // The agent has stopped.
            }
        }
    }

    private async Task ServeAsync(StickLink link, CancellationToken stop)
    {
        using var soon = new CancellationTokenSource(SaidWithin, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, soon.Token);
        await link.WriteAsync(StickTalk.Hello(box), both.Token);
        if (!StickTalk.TryAsked(await link.ReadAsync(StickLink.Sentence, both.Token), out var asked))
        {
            log.LogWarning("the process at a stick says what is not understood: is it of another version?");
            return;
        }
        switch (asked.Verb)
        {
            case "offer":
                var order = asked.Problem is null ? await link.ReadAsync(Publishing.OrderMessage.MaxBytes, both.Token) : [];
                var offer = new StickOffer(asked.Stick, asked.Free, order, asked.Problem);
                // Judging copies the log: not on the thread that listens.
                var outcome = await Task.Run(() => desk.Offer(offer), stop);
                await link.WriteAsync(StickTalk.Outcome(outcome), stop);
                break;
            case "write":
                await HandOverAsync(asked.Stick, link, stop);
                break;
            default:
                await link.WriteAsync(StickTalk.Outcome(await Task.Run(() => desk.End(asked.Stick), stop)), stop);
                break;
        }
    }

    private async Task HandOverAsync(string stick, StickLink link, CancellationToken stop)
    {
        if (desk.Begin(stick) is not { } export)
        {
            await link.WriteAsync(StickTalk.Outcome(AuditOutcome.Refused(StickDesk.NoSuchStick)), stop);
            return;
        }
        var (written, reason) = ((WrittenBundle?)null, StickOffer.Lost);
        try
        {
            await link.WriteAsync(StickTalk.Outcome(AuditOutcome.Done, export.File), stop);
            var handed = await Task.Run(() =>
            {
                using var pieces = link.Pieces();
                return export.Write(pieces);
            }, stop);
            await link.WriteAsync(ReadOnlyMemory<byte>.Empty, stop);
            await link.WriteAsync(handed.Answer, stop);
            using var patience = new CancellationTokenSource(PieceWithin, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
            if (!StickTalk.TryOutcome(await link.ReadAsync(StickLink.Sentence, either.Token), out var said)) reason = StickOffer.Failing;
            else if (said.Outcome.Reason is { } failed) reason = StickOffer.Failures.Contains(failed) ? failed : StickOffer.Failing;
            else written = handed;
        }
        finally
        {
            desk.Wrote(stick, written, reason);
        }
        await link.WriteAsync(StickTalk.Outcome(AuditOutcome.Done), stop);
    }
}
