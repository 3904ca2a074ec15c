using System.Net.Sockets;
using System.Text.Json;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Files;

namespace Edge.Agent.Sticks;

/// <summary>What the process at a stick does: it carries an order to the agent, and what the agent hands over to the stick. It has no key,
/// judges nothing and mounts nothing.</summary>
/// <param name="socket">Where the agent listens.</param>
/// <param name="stick">The name of the stick's device.</param>
/// <param name="patience">How long an agent that is only starting is waited for.</param>
internal sealed class StickErrand(string socket, string stick, TimeSpan patience = default)
{
    private static readonly TimeSpan TryEvery = TimeSpan.FromMilliseconds(250);

    private const int NoSpace = 28, OverQuota = 122;

    /// <summary>Carries what lies on the stick to the agent.</summary>
    /// <param name="root">Where it is mounted, read-only.</param>
    /// <exception cref="StickException">No agent takes it.</exception>
    public async Task<AuditOutcome> OfferAsync(string root, CancellationToken cancel)
    {
        using var talk = await TalkAsync(cancel);
        using var folder = StickFolder.Open(root, out var problem);
        string? fault = problem;
        var order = folder?.ReadOrder(talk.Box, OrderMessage.MaxBytes, out fault);
        var offer = new StickOffer(stick, Free(root), order, order is null ? fault ?? problem : null);
        await talk.Link.WriteAsync(StickTalk.Offer(offer), cancel);
        if (order is not null) await talk.Link.WriteAsync(order, cancel);
        return (await talk.AnsweredAsync(cancel)).Outcome;
    }

    /// <summary>Writes what the agent hands over.</summary>
    /// <param name="root">Where the stick is mounted, writable by now.</param>
    /// <returns>Done, and all of it is on the stick; or why not, and the agent knows.</returns>
    /// <exception cref="StickException">The agent has gone.</exception>
    public async Task<AuditOutcome> WriteAsync(string root, CancellationToken cancel, DurableSteps? steps = null)
    {
        using var talk = await TalkAsync(cancel);
        await talk.Link.WriteAsync(StickTalk.Ask("write", stick), cancel);
        var answered = await talk.AnsweredAsync(cancel);
        if (answered.Outcome.Reason is not null) return answered.Outcome;
        var outcome = AuditOutcome.Done;
        var handed = new Handed(talk.Link);
        await using var cut = cancel.Register(talk.Dispose); // the steps of a disk are synchronous, and what they read from is not to hold them
        try
        {
            using var folder = StickFolder.Open(root, out _, steps) ?? throw new IOException("the stick's folder has gone");
            folder.Write(answered.File ?? throw new StickException("the agent names no file"), handed.CopyTo);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            outcome = AuditOutcome.Refused((refused.HResult & 0xFFFF) is NoSpace or OverQuota ? StickOffer.Full : StickOffer.Failing);
        }
        try
        {
            handed.Drain();
            await talk.Link.WriteAsync(StickTalk.Outcome(outcome), cancel);
            await talk.AnsweredAsync(cancel);
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            throw new StickException("the agent has gone: see that edge-agent runs, and plug the stick in again");
        }
        return outcome;
    }

    /// <summary>Tells the agent that the stick is let go of.</summary>
    /// <exception cref="StickException">No agent is there.</exception>
    public async Task<AuditOutcome> EndAsync(CancellationToken cancel)
    {
        using var talk = await TalkAsync(cancel);
        await talk.Link.WriteAsync(StickTalk.Ask("end", stick), cancel);
        return (await talk.AnsweredAsync(cancel)).Outcome;
    }

    private static long Free(string root)
    {
        try
        {
            return new DriveInfo(root).AvailableFreeSpace;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return 0;
        }
    }

    private async Task<Talk> TalkAsync(CancellationToken cancel)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!File.Exists(socket) && TimeProvider.System.GetElapsedTime(since) < patience) await Task.Delay(TryEvery, TimeProvider.System, cancel);
        var agent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await agent.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
            var link = new StickLink(new NetworkStream(agent));
            return StickTalk.TryHello(await link.ReadAsync(StickLink.Sentence, cancel), out var box) ? new Talk(agent, link, box)
                : throw new StickException("the agent says what is not understood: is it of another version?");
        }
        catch (Exception gone) when (gone is SocketException or IOException)
        {
            agent.Dispose();
            throw new StickException($"no agent takes sticks at {socket}: see that edge-agent runs");
        }
    }

    private sealed class Talk(Socket agent, StickLink link, string box) : IDisposable
    {
        public StickLink Link => link;

        public string Box => box;

        public void Dispose() => agent.Dispose();

        public async Task<StickAnswered> AnsweredAsync(CancellationToken cancel)
        {
            try
            {
                return StickTalk.TryOutcome(await link.ReadAsync(StickLink.Sentence, cancel), out var answered) ? answered
                    : throw new StickException("the agent says what is not understood: is it of another version?");
            }
            catch (IOException)
            {
                throw new StickException("the agent has gone: see that edge-agent runs, and plug the stick in again");
            }
        }
    }

    /// <summary>What the agent hands over: a bundle in pieces, an empty one, and the answer.</summary>
    private sealed class Handed(StickLink link)
    {
        private bool _all, _answered;

        public (byte[] Answer, byte[] Digest) CopyTo(Stream to)
        {
            while (Next() is { Length: > 0 } piece) to.Write(piece);
            var answer = link.Read(StickLink.Sentence);
            _answered = true;
            using var said = JsonDocument.Parse(answer);
            return (answer, Convert.FromHexString(said.RootElement.GetProperty("sha256").GetString()!));
        }

        /// <summary>Reads what is still to come, so that the agent listens again.</summary>
        public void Drain()
        {
            while (!_all) Next();
            if (!_answered) link.Read(StickLink.Sentence);
            _answered = true;
        }

        private byte[] Next()
        {
            var piece = link.Read(StickLink.Piece);
            _all = piece.Length == 0;
            return piece;
        }
    }
}

/// <summary>The agent cannot be talked to; the message says what to do.</summary>
internal sealed class StickException(string problem) : Exception(problem);
