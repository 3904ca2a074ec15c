using System.Text;
using Edge.Storage.Database;
using Edge.Storage.Hits;
using Edge.Storage.Keys;
using Edge.Storage.Orders;
using Edge.Storage.Outbox;
using Edge.Storage.Sealing;
using Edge.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Database;

/// <summary>A state directory of its own with an open database, and an agency whose key is not in it.</summary>
internal sealed class StateFixture : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 11, 23, 18, 20, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private StateDatabase? _database;

    public StateFixture()
    {
        Keys = KeyFolder.Open(Directory, credentialsDirectory: null);
    }

    public string Directory => _folder.Path;

    public string DatabaseFile => _folder.File("state.db");

    public FakeTimeProvider Time { get; } = new(Start);

    public RecipientKey Agency { get; } = RecipientKey.Create();

    public KeyFolder Keys { get; private set; }

    public StateDatabase Database => _database ??= StateDatabase.Open(Directory, Keys.Hours, Time);

    public HitStore Hits => Database.Hits;

    public Edge.Storage.Outbox.Outbox Outbox => Database.Outbox;

    /// <summary>Commits a hit whose record says which one it is.</summary>
    public long Commit(string casePseudonym = "case-1", TimeSpan? life = null, string body = "body", bool shared = false) =>
        Hits.Commit(Entry(casePseudonym, Time.GetUtcNow() + (life ?? TimeSpan.FromHours(24)), body, shared));

    /// <summary>Carries out an order that expires in 12 hours.</summary>
    public OrderOutcome Carry(string id, OrderEffect effect, Func<long, OrderFinding, byte[]>? answer = null) => Database.Orders.Carry(
        id, Time.GetUtcNow().AddHours(12), effect,
        new AnswerMessage(Time.GetUtcNow().AddHours(24), LeafIndex: 7, answer ?? ((sequence, _) => Message(sequence))));

    public Func<long, HitEntry> Entry(string casePseudonym, DateTimeOffset expires, string body = "body", bool shared = false) => sequence => new HitEntry(
        new NewHit(casePseudonym, Time.GetUtcNow(), expires, Record(sequence, body)),
        new OutboxMessage(sequence, MessageKind.Hit, Message(sequence), expires) { Shared = shared });

    public byte[] Record(long sequence, string body)
    {
        var header = Encoding.ASCII.GetBytes($$"""{"sequence":{{sequence}}}""");
        var part = SealedPart.Seal(Agency.Public, header, Encoding.ASCII.GetBytes(body)).ToJson();
        return [.. """{"header":"""u8, .. header, .. ""","sealed":"""u8, .. part, (byte)'}'];
    }

    public static byte[] Message(long sequence) => Encoding.ASCII.GetBytes($"signed message {sequence}");

    /// <summary>Ends this opener without any goodbye, as a crash does, and opens again.</summary>
    public void Reopen()
    {
        Close();
        _ = Database;
    }

    public void Close()
    {
        _database?.Dispose();
        _database = null;
    }

    /// <summary>The keys as another start of the agent finds them.</summary>
    public void ReloadKeys()
    {
        Close();
        Keys.Dispose();
        Keys = KeyFolder.Open(Directory, credentialsDirectory: null);
    }

    public void Dispose()
    {
        Close();
        Keys.Dispose();
        Agency.Dispose();
        _folder.Dispose();
    }
}
