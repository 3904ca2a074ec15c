using System.Security.Cryptography;
using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Orders;
using Edge.Agent.Sticks;
using Edge.Storage.Audit;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Tests.Orders;
using Edge.Tests.Support;

namespace Edge.Tests.Sticks;

/// <summary>A running box's door for sticks, over a real socket, and a stick that is a folder.</summary>
internal sealed class StickLab : IAsyncDisposable
{
    public const string OrderId = "the-order-of-a-stick";

    private readonly TemporaryFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _door;

    public StickLab()
    {
        Orders.Commit();
        Orders.Take(Orders.Search()); // an entry that conceals a case and a person
        Desk = new StickDesk(Orders.Box, Orders.AuditFolder, Path.Combine(Orders.State.Directory, OrderDesk.ExportsName),
            order => Orders.Desk.Take(order, only: Verb.Export), Orders.Audit, LogKey, Orders.State.Time, Orders.Log) { Show = Signs.Add };
        _door = new StickDoor(Socket, Orders.Box.Box, Desk, TimeProvider.System, Orders.Log).RunAsync(_stop.Token);
        Directory.CreateDirectory(At("edge"));
    }

    public OrderLab Orders { get; } = new();

    public StickDesk Desk { get; }

    public List<StickSign> Signs { get; } = [];

    public string Socket => _folder.File("stick.sock");

    /// <summary>The root of the stick.</summary>
    public string Stick => _folder.File("stick");

    public NoteKey LogKey => new(Orders.Box.LogOrigin, Orders.State.Keys.Log.Public);

    public string At(string name) => Path.Combine(Stick, name);

    public byte[] Order(Order? order = null) => Orders.Sign(order ?? new Order.Export(), id: OrderId);

    public void Put(byte[] order, string name = "export.order") => File.WriteAllBytes(At($"edge/{name}"), order);

    private StickErrand Errand(string stick = "sdb1") => new(Socket, stick);

    public Task<AuditOutcome> OfferAsync(string stick = "sdb1", string? root = null) => Errand(stick).OfferAsync(root ?? Stick, Cancel);

    public Task<AuditOutcome> WriteAsync(string stick = "sdb1", DurableSteps? steps = null, string? root = null) =>
        Errand(stick).WriteAsync(root ?? Stick, Cancel, steps);

    public Task<AuditOutcome> EndAsync(string stick = "sdb1") => Errand(stick).EndAsync(Cancel);

    /// <summary>What the unit does, but for the mounting: it stops at the first step that fails, and ends in any case.</summary>
    /// <returns>The first refusal, or done.</returns>
    public async Task<AuditOutcome> PlugInAsync(DurableSteps? steps = null, string? root = null)
    {
        var outcome = await OfferAsync(root: root);
        if (outcome.Reason is null) outcome = await WriteAsync(steps: steps, root: root);
        var ended = await EndAsync();
        return outcome.Reason is null ? ended : outcome;
    }

    public IReadOnlyList<AuditEntry> Exports => [.. Orders.Entries.Where(entry => entry.Action == AuditAction.StickExport)];

    /// <summary>Every name below the stick, and of every plain file what is in it.</summary>
    public string Content() => Content(Stick);

    public static string Content(string root)
    {
        var all = new StringBuilder();
        var everything = new EnumerationOptions { AttributesToSkip = 0, RecurseSubdirectories = true };
        foreach (var entry in new DirectoryInfo(root).EnumerateFileSystemInfos("*", everything).OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            all.Append(Path.GetRelativePath(root, entry.FullName)).Append(' ').Append(entry.LinkTarget);
            if (entry is FileInfo { LinkTarget: null, Length: > 0 and < 1 << 24 } file)
                all.Append(Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file.FullName))));
            all.Append('\n');
        }
        return all.ToString();
    }

    /// <summary>The one bundle on the stick, verified, and the answer beside it.</summary>
    public string Verified(string? root = null)
    {
        var bundle = Assert.Single(Directory.GetFiles(Path.Combine(root ?? Stick, "edge"), "*.tar"));
        using var opened = Bundle.Open(bundle);
        var report = opened.Verify(LogKey, null, [], out _);
        Assert.True(report.Holds, string.Join('\n', report.Checks));
        Assert.Equal(BundleKind.Public, opened.Manifest!.Kind);
        var answer = File.ReadAllText(Path.ChangeExtension(bundle, ".json"));
        Assert.Contains($"\"sha256\":\"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(bundle)))}\"", answer, StringComparison.Ordinal);
        Assert.Contains($"\"order\":\"{OrderId}\"", answer, StringComparison.Ordinal);
        Assert.Contains($"\"size\":{report.Checkpoint!.Size}", answer, StringComparison.Ordinal);
        return bundle;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _door.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        Orders.Dispose();
        _folder.Dispose();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
