using System.Text.Json;
using Edge.Agent.Hits;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Orders;

/// <summary>The door for orders carried by hand: a folder. A file <c>NAME.order</c> is taken as one signed order, and
/// <c>NAME.outcome</c> then says what became of it, <c>{"order","verb","outcome","count"}</c>. Hits never come out here, sealed or not:
/// they leave through the broker.</summary>
internal sealed class OrderInbox(string folder, OrderDesk desk, TimeProvider time, ILogger log)
{
    public const string OrderEnding = ".order";
    public const string OutcomeEnding = ".outcome";

    /// <summary>The outcome of what nobody can be answered for.</summary>
    public const string NotAnOperators = "refused:not-an-operators";

    /// <summary>The outcome of what the box could not judge, for a reason that is the box's own.</summary>
    public const string NotJudged = "refused:not-judged";

    private const int MostAtOnce = 64;
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
    private readonly Dictionary<Sha256Hash, byte[]> _unsaid = [];
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>The folder of a state folder.</summary>
    public static string In(string stateFolder) => Path.Combine(stateFolder, "orders-inbox");

    /// <summary>Looks every second, until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stop)) Look();
    }

    /// <summary>Takes what lies there. What cannot be taken holds up nothing that lies beside it.</summary>
    public void Look()
    {
        var taken = 0;
        foreach (var file in Files())
            try
            {
                if (taken == MostAtOnce) return;
                if (Read(file) is not { } order) continue;
                taken++;
                var digest = Sha256Hash.Of(order);
                if (!_unsaid.TryGetValue(digest, out var outcome)) _unsaid.Add(digest, outcome = Judge(order));
                if (!Say(file, outcome)) continue;
                _unsaid.Remove(digest);
            }
            catch (IOException refused) when (refused.MayPass())
            {
                log.LogError("{Reason}; an order waits in {Folder}", refused.Message, folder);
                return;
            }
    }

    private List<string> Files()
    {
        try
        {
            List<string> files = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*" + OrderEnding).Order(StringComparer.Ordinal)] : [];
            _unreadable.IntersectWith(files); // a name that comes back later is another file
            return files;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            if (_unreadable.Add(folder)) log.LogError("{Folder} cannot be read: the agent's user must own it", folder);
            return [];
        }
    }

    private byte[] Judge(byte[] order)
    {
        OrderAnswer? answer = null;
        return Intake.TryTake(() => answer = desk.Take(order), "an order brought by hand", log) ? Outcome(answer, NotAnOperators) : Outcome(null, NotJudged);
    }

    private static byte[] Outcome(OrderAnswer? answer, string unanswered) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        order = answer?.Order, verb = answer?.Verb, outcome = answer?.Outcome.ToString() ?? unanswered, count = answer?.Count ?? 0,
    });

    /// <summary>False if the outcome could not be put there: it is said later, and the order is not taken a second time.</summary>
    private bool Say(string file, byte[] outcome)
    {
        try
        {
            DurableFile.Write(Path.ChangeExtension(file, OutcomeEnding), outcome);
            File.Delete(file);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            if (_unreadable.Add(file)) log.LogError("the outcome of an order in {Folder} cannot be written there", folder);
            return false;
        }
    }

    // What is too large, a device or a link to one is not read further: the desk refuses it as unsigned.
    private byte[]? Read(string file)
    {
        try
        {
            using var stream = PlainFile.OpenRead(file);
            var bytes = new byte[(int)Math.Min(stream.Length, OrderMessage.MaxBytes + 1L)];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            if (_unreadable.Add(file)) log.LogError("an order in {Folder} is not taken: it must be a plain file that the agent's user may read", folder);
            return null;
        }
    }
}
