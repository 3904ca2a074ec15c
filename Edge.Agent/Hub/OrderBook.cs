using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;

namespace Edge.Agent.Hub;

/// <summary>The orders that an agency gives to its boxes, and what came of them.</summary>
public sealed class OrderBook
{
    /// <summary>How long an order is good for unless told otherwise.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(1);

    /// <summary>Longest note to a disposition, in bytes of UTF-8.</summary>
    public const int MaxNote = 4096;

    private readonly Agency _agency;
    private readonly string _folder;
    private readonly HeldHits _held;

    internal OrderBook(Agency agency, AgencyFolder folder) => (_agency, _folder, _held) = (agency, folder.Orders, new HeldHits(folder.Path));

    /// <summary>Every order given, the first first.</summary>
    /// <exception cref="AgencyException">A file is damaged.</exception>
    public IReadOnlyList<GivenOrder> Given => !Directory.Exists(_folder) ? []
        : [.. Directory.EnumerateFiles(_folder, "*.json").Select(Load).OrderBy(order => order.Given).ThenBy(order => order.Id, StringComparer.Ordinal)];

    /// <summary>The hits that the agency itself keeps of held cases.</summary>
    public HeldHits Held => _held;

    /// <summary>Seals a note to the agency, for a disposition: the box only learns its digest.</summary>
    /// <exception cref="AgencyException">It is empty or too long, or there is no epoch key to seal it to.</exception>
    public SealedPart Seal(string note, DateTimeOffset now)
    {
        var words = Encoding.UTF8.GetBytes(note);
        if (words.Length is 0 or > MaxNote) throw new AgencyException($"a note has 1 to {MaxNote} bytes");
        var to = _agency.PublishedRecipients.At(now) ?? throw new AgencyException("no epoch key is in force: hub recipients rotate makes them");
        return SealedPart.Seal(to, Encoding.ASCII.GetBytes(_agency.Name), words, SealedUse.Note);
    }

    /// <summary>Signs an order and remembers it.</summary>
    /// <param name="key">The operator's; borrowed.</param>
    /// <returns>What was given, and the message that says so.</returns>
    /// <exception cref="AgencyException">The box is not known, or the key is no operator's in force.</exception>
    /// <exception cref="OrderRefusedException">The published policy does not let this operator order this: the box would refuse.</exception>
    public (GivenOrder Given, byte[] Message) Give(Order order, string box, SigningKey key, DateTimeOffset now, TimeSpan? life = null)
    {
        var known = _agency.BoxNamed(box);
        var by = _agency.PublishedOperators.WithKey(key.Public.KeyId)
            ?? throw new AgencyException("the key is no operator's: hub operator add proposes one, and takes effect once it is published");
        if (!by.IsInForce(now)) throw new AgencyException($"the term of {by.Account} is from {JsonTime.Write(by.NotBefore)} until {JsonTime.Write(by.Expires)}");
        Refuse(order, by, now);
        var about = order as Order.AboutCase;
        var given = new GivenOrder(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)), box, by.Account, order.Verb, now, now + (life ?? Life),
            about?.Case, about?.Purpose);
        var message = OrderMessage.Write(order, new OrderTerms(given.Id, known.Name, given.Given, given.Expires), by.Account, key, known.Orders);
        DurableFile.MakeFolder(_folder);
        Save(given);
        return (given, message);
    }

    /// <summary>Takes an answer: notes the outcome, keeps what a hold keeps beyond its epoch key, and ends what a release ended.</summary>
    /// <returns>The order; null if this agency did not give it to that box.</returns>
    /// <exception cref="AgencyException">What is kept of the orders here is damaged; the answer itself is in order.</exception>
    /// <exception cref="IOException">The disk refused: take the answer again.</exception>
    public GivenOrder? Take(ReceivedMessage.Answer answer, DateTimeOffset now)
    {
        if (!File.Exists(At(answer.Said.Order))) return null;
        using var alone = FolderLock.Take(_folder); // hub watch and hub order both take every answer, and read the order before they change it
        if (!File.Exists(At(answer.Said.Order)) || Load(At(answer.Said.Order)) is not { } given || given.Box != answer.Event.Box.Box) return null;
        // The first answer counts, and acts once. A replay is refused and says nothing about what was done; it may overtake what does.
        if (given.Outcome is null or { Reason: "replayed" } && answer.Said.Outcome != given.Outcome)
        {
            var ending = given.Verb == Verb.Release
                && answer.Said.Outcome.Reason is null ? Holds(given.Case!, given.Box).Where(hold => hold.Given <= given.Given).ToList() : [];
            Save(given = given with { Outcome = answer.Said.Outcome });
            foreach (var hold in ending) _held.End(hold.Id);
        }
        Keep(given, answer, now);
        return given;
    }

    private void Keep(GivenOrder search, ReceivedMessage.Answer answer, DateTimeOffset now)
    {
        // A box says what it keeps and until when; how long the agency may is not its to say, nor of which case.
        var (longest, cases) = (_agency.Policy.LongestHold, new CaseNames(_agency));
        var held = answer.Hits.Where(hit => hit.KeptUntil > hit.Sealed.Header.Expires && (cases.Of(hit.Sealed.Header.EntryId) ?? search.Case) == search.Case)
            .Select(hit => hit.Opened is ReceivedMessage.Hit opened && Earlier(opened.Body.Facts.Time, now) + longest is var last
                ? new HeldHit(hit.Sealed, Earlier(last, hit.KeptUntil)) : null)
            .OfType<HeldHit>().ToList();
        if (held.Count == 0 || search.Case is null || Holds(search.Case, search.Box) is not [.., var hold]) return;
        var keys = _agency.Epochs.LoadHeld();
        try
        {
            _held.Keep(hold.Id, held, keys, now);
        }
        finally
        {
            foreach (var key in keys) key.Dispose();
        }
    }

    // A read of the year 9999 must neither be kept until then nor be added to.
    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    /// <summary>The holds of a case that the box has confirmed and not released since, the last last.</summary>
    private List<GivenOrder> Holds(string caseId, string box)
    {
        var done = Given.Where(order => order is { Outcome: { Reason: null } } && order.Case == caseId && order.Box == box).ToList();
        return [.. done.Where(order => order.Verb == Verb.Hold && !done.Any(release => release.Verb == Verb.Release && release.Given >= order.Given))];
    }

    // What the box would refuse is not even sent: the same rules, read here from what is published.
    private void Refuse(Order order, Operator by, DateTimeOffset now)
    {
        var policy = _agency.Policy;
        var reason = !policy.Allows(by.Role, order.Verb) ? $"wrong-role: the policy does not let {Duties.Write(by.Role)} {Duties.Write(order.Verb)}"
            : order is Order.AboutCase about
            && !policy.Allows(about.Purpose) ? $"purpose-not-allowed: the policy allows {string.Join(", ", policy.Purposes.Select(one => one.Name))}"
            : order is Order.Hold && policy.LongestHoldHours == 0 ? "no-holds: the policy's longestHoldHours is 0"
            : order is Order.Hold hold && (hold.Until <= now || hold.Until - now > policy.LongestHold)
            ? $"beyond-longest-hold: the policy allows {policy.LongestHoldHours} hours from now"
            : null;
        if (reason is not null) throw new OrderRefusedException(reason);
    }

    /// <summary>Refuses a case that no published entry has for this purpose: mistyped, it would be an incident at the box.</summary>
    /// <exception cref="OrderRefusedException">It has none; the message names the nearest.</exception>
    public void RequireKnown(Order order)
    {
        if (order is not Order.AboutCase about) return;
        var entries = _agency.Hotlists.Published(out _).Entries;
        if (entries.Any(entry => entry.Case == about.Case && entry.Purpose == about.Purpose)) return;
        if (Given.Any(earlier => earlier is { Outcome: { Reason: null } } && earlier.Case == about.Case && earlier.Purpose == about.Purpose)) return;
        var purposes = entries.Where(entry => entry.Case == about.Case).Select(entry => entry.Purpose).Distinct().ToList();
        throw new OrderRefusedException(purposes.Count > 0
            ? $"unknown-case: the hotlist has case {about.Case} for {string.Join(", ", purposes)}, not for {about.Purpose}"
            : $"unknown-case: no entry of the hotlist has case {about.Case}{(NearestKey.To(about.Case, entries.Select(entry => entry.Case).Distinct()) is { } near ? $"; did you mean {near}?" : "")}. "
                + "If an earlier hotlist had it, give --anyway");
    }

    private string At(string id) => Path.Combine(_folder, $"{(OrderMessage.IsId(id) ? id : "none")}.json");

    private void Save(GivenOrder order) => DurableFile.Write(At(order.Id), order.Write());

    private static GivenOrder Load(string file) => GivenOrder.TryParse(File.ReadAllBytes(file), out var order, out var problems) ? order
        : throw new AgencyException($"{file}: {problems[0]}; restore it, or remove it");
}

/// <summary>The policy does not allow what was to be ordered.</summary>
public sealed class OrderRefusedException(string reason) : Exception(reason);
