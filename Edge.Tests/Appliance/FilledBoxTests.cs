using System.Globalization;
using System.Security.Cryptography;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance;
using Edge.Agent.Hits;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Trust;
using Edge.Vision.Recognition;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Appliance;

/// <summary>Fills the state of an enrolled box as years of work would have, by the way that hits and entries go in the agent: for the upgrade of
/// <c>./build.sh appliance-test</c>, whose machine would need a day for it. The folder that <c>EDGE_FILL</c> names holds what was copied from the
/// box, <c>state</c> and <c>enrolment</c>, and what its wrapping key and one plate of its hotlist are, <c>credentials/edge-agent.wrap</c> and
/// <c>plate</c>.</summary>
public sealed class FilledBoxTests
{
    private const int Hits = 10_000;
    private const int Entries = 1_000_000;
    private const int AtOnce = 512;
    private const int EpochEvery = Entries / 10;
    private const int CropBytes = 4096;

    [Fact(Explicit = true)]
    public async Task A_box_with_ten_thousand_hits_that_wait_and_a_million_entries_in_eleven_epochs()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("EDGE_FILL") is null, "fills the folder that EDGE_FILL names");
        var folder = Environment.GetEnvironmentVariable("EDGE_FILL")!;
        string At(string name) => Path.Combine(folder, name);

        var enrolment = new EnrolmentFolder(At("enrolment"));
        var box = enrolment.Name();
        using var keys = KeyFolder.Open(At("state"), At("credentials"));
        Assert.Equal(WrappingKeySource.Credential, keys.WrappedBy);
        using var state = StateDatabase.Open(At("state"), keys.Hours, TimeProvider.System);
        using var audit = AuditLog.Open(At("state/audit"), box.LogOrigin, keys.Log, TimeProvider.System, keys.Epochs);
        var trust = new TrustWatch(TrustClient.Open(At("state/trust"), enrolment.Root(), box.Agency, box.Box), audit, NullLogger.Instance);
        trust.Restore(TimeProvider.System.GetUtcNow());

        var signer = new MessageSigner(box, keys.Messages, "0.1.0");
        using var recorder = new HitRecorder(state, audit, signer, keys, new ReadCounter(), TimeProvider.System, NullLogger.Instance);
        var (before, recording) = (state.Hits.Count, recorder.RunAsync(TestContext.Current.CancellationToken));
        await RecordAsync(recorder, trust.Current!, await File.ReadAllTextAsync(At("plate"), TestContext.Current.CancellationToken));
        recorder.Complete();
        await recording;
        Assert.Equal(before + Hits, state.Hits.Count);

        for (var more = Entries - audit.Latest.Size; more > 0; more = Entries - audit.Latest.Size)
        {
            audit.AppendMany([.. Enumerable.Range(0, (int)Math.Min(more, 5000)).Select(Routine)]);
            if (audit.Latest.Size % EpochEvery < 5000) audit.BeginEpochAfter(TimeSpan.Zero);
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{state.Hits.Count} hits, {audit.Latest.Size} entries"));
    }

    private static async Task RecordAsync(HitRecorder recorder, ActiveTrust trust, string plate)
    {
        using var room = new SemaphoreSlim(AtOnce);
        Assert.True(PlateText.TryParse(plate, out var text));
        var matches = trust.Match(text, TimeProvider.System.GetUtcNow());
        Assert.NotEmpty(matches);
        for (var i = 0; i < Hits; i++)
        {
            await room.WaitAsync(TestContext.Current.CancellationToken);
            using var seen = new Sighting
            {
                Plate = text.Copy(), Confidences = [.. Enumerable.Repeat(0.93f, text.Length)], Right = 0.998,
                Region = new PlateRegion("TR", 0.97f), RegionVerified = true, RuleChanged = [], Frames = 3,
                Crop = [0xFF, 0xD8, .. RandomNumberGenerator.GetBytes(CropBytes - 4), 0xFF, 0xD9],
            };
            var now = TimeProvider.System.GetUtcNow();
            recorder.Record(seen, "north-lane", now, [matches[0]], trust, now, () => room.Release());
        }
        for (var i = 0; i < AtOnce; i++) await room.WaitAsync(TestContext.Current.CancellationToken);
    }

    private static AuditEntry Routine(int i) => i % 2 == 0
        ? new AuditEntry { Action = AuditAction.IntervalSummary, Frames = 9000, Reads = 1200, Discarded = 1200, Hits = 0 }
        : new AuditEntry { Action = AuditAction.SweepDone, Count = i % 100 };
}
