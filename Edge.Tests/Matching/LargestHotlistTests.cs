using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Matching;

/// <summary>The longest hotlist a policy may allow: that it fits, and what it costs a box. How to run the measurements is in
/// docs/hotlists.md.</summary>
public sealed class LargestHotlistTests
{
    private static readonly Policy Policy = Lists.Policy with { LargestHotlist = Policy.MaxHotlist };

    /// <summary>Entries as an extract gives them; the tags are random, since no box can tell.</summary>
    private static Hotlist Largest => field ??= new Hotlist
    {
        Agency = "riverton", Version = 1, Salt = RandomNumberGenerator.GetBytes(16), Cost = Lists.Cheap, Expires = Lists.Now.AddDays(7),
        Entries = [.. Enumerable.Range(0, Policy.MaxHotlist).Select(i => new HotlistEntry
        {
            Id = $"e-{RandomNumberGenerator.GetHexString(16, lowercase: true)}",
            Tag = RandomNumberGenerator.GetBytes(16),
            Form = MatchForm.Exact,
            Case = string.Create(CultureInfo.InvariantCulture, $"26-{i:000000}"),
            Purpose = "stolen-vehicle",
            Basis = string.Create(CultureInfo.InvariantCulture, $"NCIC record V{i:000000000}"),
            Source = "ncic-stolen-vehicle",
            Issuer = string.Create(CultureInfo.InvariantCulture, $"CA019{i % 400:0000}"),
            NotBefore = Lists.Now,
            Expires = Lists.Now.AddDays(7),
        })],
    };

    [Fact]
    public void Fifty_thousand_entries_fit_into_the_file_and_every_one_is_accepted()
    {
        var bytes = Largest.Write();
        Assert.InRange(bytes.Length, 1, TrustPath.MaxBytes(TrustPath.Hotlist("riverton")));
        Assert.True(Hotlist.TryParse(bytes, Policy, Lists.Now, out var hotlist, out var refused));
        Assert.Equal((Policy.MaxHotlist, 0), (hotlist.Entries.Count, refused.Count));
    }

    [Fact]
    public void Fifty_thousand_refused_entries_are_a_hundred_log_entries_and_one_with_the_count_of_the_rest()
    {
        using var folder = new TemporaryFolder();
        Publish(folder.File("hub"), Lists.Policy with { Purposes = [new Purpose("missing-person", "law")], LargestHotlist = Policy.MaxHotlist });
        using var keys = KeyFolder.Open(folder.File("state"), null);
        using var audit = AuditLog.Open(folder.File("audit"), "edge/v1/riverton/box-1", keys.Log, new MachineClock(Lists.Now));
        Watch(folder.Path, folder.File("hub"), audit).Refresh(TrustSource.Folder(folder.File("hub")), Lists.Now);
        // Three say what took effect, the policy among them.
        Assert.Equal(3 + TrustWatch.RefusalsLogged + 1, audit.Latest.Size);
    }

    // A process of its own: what made the list must not count as the box's memory.
    [Fact(Explicit = true)]
    public void Prepare() => Publish(Path.Combine(Folder, "hub"), Policy);

    [Fact(Explicit = true)]
    public void Activation()
    {
        using var keys = KeyFolder.Open(Path.Combine(Folder, "state"), null);
        using var audit = AuditLog.Open(Path.Combine(Folder, "audit"), "edge/v1/riverton/box-1", keys.Log, TimeProvider.System);
        var hub = Path.Combine(Folder, "hub");
        var watch = Watch(Folder, hub, audit);
        var restored = File.Exists(Path.Combine(Folder, "trust", "active.json"));
        Say(restored ? "restart" : "activation", () =>
        {
            if (restored) watch.Restore(Lists.Now);
            else watch.Refresh(TrustSource.Folder(hub), Lists.Now);
        });
        Assert.Equal(Policy.MaxHotlist, watch.Current!.Matcher.Hotlist.Entries.Count);
        using var plate = Lists.Plate("AB123");
        watch.Current.Match(plate, Lists.Now);
        var matching = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++) watch.Current.Match(plate, Lists.Now);
        Console.WriteLine($"one match: {matching.Elapsed.TotalMilliseconds / 20:0.0} ms");
    }

    [Fact(Explicit = true)]
    public void Blinding()
    {
        WantedPlate[] wanted = [.. Enumerable.Range(0, 200).Select(i => Lists.Wanted($"AB{i:0000}"))];
        var (cpu, clock) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.StartNew());
        Assert.True(HotlistBlinding.TryBlind(wanted, Policy, 1, Edge.Storage.Sealing.BlindCost.Default, Lists.Now, Lists.Now.AddDays(7), null, out _, out _));
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"blinding: {wanted.Length / clock.Elapsed.TotalSeconds:0} a second on {Environment.ProcessorCount} cores, {used.TotalMilliseconds / wanted.Length:0.0} ms of a core each"));
    }

    private static string Folder => Environment.GetEnvironmentVariable("EDGE_HOTLIST_FOLDER")
        ?? throw new InvalidOperationException("name an empty folder in EDGE_HOTLIST_FOLDER");

    private static void Publish(string folder, Policy policy)
    {
        using var key = SigningKey.Create();
        using var recipient = Edge.Storage.Sealing.RecipientKey.Create();
        var recipients = new Recipients("riverton", 1, [new Recipient(recipient.Public, Lists.Now.AddDays(-1), Lists.Now.AddDays(90))]);
        var writer = new TrustRepositoryWriter(folder, "riverton", TrustSigners.OneKey(key));
        Directory.CreateDirectory(folder);
        writer.WriteFirstRoot(Lists.Now);
        writer.Publish(new TargetFiles(policy.Write(), new Operators("riverton", 1, []).Write(), recipients.Write(), Largest.Write()), Lists.Now);
    }

    private static TrustWatch Watch(string folder, string hub, AuditLog audit) => new(
        TrustClient.Open(Path.Combine(folder, "trust"), File.ReadAllBytes(Path.Combine(hub, TrustPath.Root)), "riverton", "box-1"),
        audit, NullLogger.Instance);

    private static void Say(string what, Action step)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        File.WriteAllText("/proc/self/clear_refs", "5"); // proc(5): the peak starts from what is resident now
        var (before, held, cpu, clock) = (Resident("VmRSS"), GC.GetTotalMemory(true), Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.StartNew());
        step();
        var (took, used) = (clock.Elapsed, Process.GetCurrentProcess().TotalProcessorTime - cpu);
        var (peak, kept) = (Resident("VmHWM"), GC.GetTotalMemory(true));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {took.TotalSeconds:0.00} s, {used.TotalSeconds:0.00} s of a core; at most {(peak - before) / 1024.0:0} MiB more resident, {(kept - held) / 1048576.0:0} MiB kept"));
    }

    private static long Resident(string what) => long.Parse(File.ReadLines("/proc/self/status")
        .First(line => line.StartsWith(what, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1],
        CultureInfo.InvariantCulture);
}
