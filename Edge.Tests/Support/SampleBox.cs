using Edge.Agent.Governance;
using Edge.Agent.Hub;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Vision.Capture;
using Edge.Vision.Recognition;

namespace Edge.Tests.Support;

/// <summary>A box of agency "demo" with its keys, the agency's key, and messages whose content does not matter.</summary>
internal sealed class SampleBox(string name = "box-1") : IDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero);

    // Far away: some tests run by the real clock.
    public static readonly DateTimeOffset Expires = new(2090, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // The smallest thing that begins and ends as a JPEG does.
    public static readonly byte[] Crop = [0xFF, 0xD8, 1, 2, 3, 0xFF, 0xD9];

    public BoxName Name { get; } = new("demo", name);

    public SigningKey Key { get; } = SigningKey.Create();

    public RecipientKey Agency { get; } = RecipientKey.Create();

    public MessageSigner Signer => field ??= new MessageSigner(Name, Key, "0.1.0");

    public MessageVerifier Verifier => new("demo", new Dictionary<BoxName, VerifyingKey> { [Name] = Key.Public }, [Agency]);

    public static HitFacts Facts(int length, string entry = "entry-7") => new([.. Enumerable.Repeat(0.93f, length)], 0.998,
        new PlateRegion("TR", 0.97f), true, [1], "lane-1", Now, 3, entry, MatchForm.Exact, 12, Crop);

    public static IntervalSummary Summary(params long[] dropped) => new(Now.AddMinutes(-5), Now, 9000, 41, 40, 1,
        [new CameraReport("lane-1", CameraState.Running, 9000, 2, 0)], 3, 12, ClockState.Synced, 24, 77, new byte[32], dropped);

    public static IncidentNotice Notice { get; } = new(IncidentKind.RollbackAttempt, Now.AddMinutes(-1), Now.AddHours(23), "snapshot-json", 1);

    public HitHeader Header(long sequence) => new(Name, sequence, "entry-7", Expires);

    /// <param name="agency">Whom it is for.</param>
    /// <param name="crop">How many bytes its picture has more than the smallest.</param>
    public byte[] Hit(long sequence, string agency = "demo", int crop = 0) =>
        Signer.Hit(Sealed(Header(sequence) with { For = agency }, "34A36837"u8, crop), Now);

    public SealedHit Sealed(HitHeader header, ReadOnlySpan<byte> plate, int crop = 0)
    {
        using var body = HitBody.Write(plate, Facts(plate.Length) with { Crop = (byte[])[.. Crop[..^2], .. new byte[crop], .. Crop[^2..]] });
        return SealedHit.Seal(Agency.Public, header, body);
    }

    public string Topic(EventType type) => Topics.Of(Name, type);

    public void Dispose()
    {
        Key.Dispose();
        Agency.Dispose();
    }
}
