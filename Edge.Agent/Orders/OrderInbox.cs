using System.Text.Json;
using Edge.Agent.Hits;
using Edge.Agent.Publishing;
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

    private const int MostAtOnce = 64;
    private readonly HashSet<string> _unreadable = new(StringComparer.Ordinal);
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

    /// <summary>Takes what lies there.</summary>
    public void Look()
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*" + OrderEnding).Order(StringComparer.Ordinal).Take(MostAtOnce).ToList())
            try
            {
                if (Read(file) is not { } order) continue;
                var answer = desk.Take(order);
                DurableFile.Write(Path.ChangeExtension(file, OutcomeEnding), JsonSerializer.SerializeToUtf8Bytes(new
                {
                    order = answer?.Order, verb = answer?.Verb, outcome = answer?.Outcome.ToString() ?? "refused:not-an-operators", count = answer?.Count ?? 0,
                }));
                File.Delete(file);
            }
            catch (IOException refused) when (refused.MayPass())
            {
                log.LogError("{Reason}; an order waits in {Folder}", refused.Message, folder);
                return;
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
            if (_unreadable.Add(file)) log.LogError("{File} is not taken: it must be a plain file that the agent's user may read", file);
            return null;
        }
    }
}
