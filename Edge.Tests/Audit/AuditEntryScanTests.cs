using System.Globalization;
using System.Text;
using Edge.Storage.Audit;

namespace Edge.Tests.Audit;

/// <summary>The fast reader of entries against the slow one, which writes each entry again.</summary>
public sealed class AuditEntryScanTests
{
    private static readonly AuditEntry Full = new()
    {
        Time = new DateTimeOffset(2028, 2, 29, 23, 59, 59, 999, TimeSpan.Zero), Boot = "AAECAwQFBgcICQoLDA0ODw", Clock = ClockState.Synced,
        Action = AuditAction.HitShared, Outcome = AuditOutcome.Refused("no-case.of-that"), Actor = "A1._:@/=-z", Role = AuditRole.Oversight,
        Case = new ConcealedValue("uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY"), Purpose = "stolen-vehicle", Agency = "springfield", Kind = "federal",
        Detail = "said-so", Version = 0, Sequence = (1L << 53) - 1, Digest = Sha256Hash.Of([]), Count = 10, Frames = 4, Reads = 3, Discarded = 2, Hits = 1,
    };

    private static readonly AuditEntry OfAPerson = Full with
    {
        Actor = AuditEntry.APerson, Person = new ConcealedValue("AEIMQUYcgkosw048AEIMQUYcgkosw048AEIMQUYcgko"), Purpose = "outside-policy",
        Claim = new ConcealedValue("zutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY"),
    };

    public static TheoryData<AuditAction> Actions => [.. Enum.GetValues<AuditAction>().Where(action => action != AuditAction.LogEpoch)];

    [Theory, MemberData(nameof(Actions))]
    public void What_is_written_is_scanned_as_it_is_read(AuditAction action)
    {
        var entry = Full with { Action = action };
        var json = AuditEntryJson.Write(entry);
        Assert.True(AuditEntryScan.TryRead(json, out var scan));
        Assert.Equal(
            (entry.Action, entry.Role, entry.Version, entry.Sequence, entry.Count, entry.Frames, entry.Reads, entry.Discarded, entry.Hits),
            (scan.Action, scan.Role, scan.Version, scan.Sequence, scan.Count, scan.Frames, scan.Reads, scan.Discarded, scan.Hits));
        Assert.Equal("2028-02-29T23:59:59.999Z", Encoding.ASCII.GetString(scan.Time));
        Assert.Equal(
            [entry.Outcome.ToString(), entry.Actor, entry.Case!.Digest, entry.Purpose!, entry.Agency!, entry.Kind!, entry.Detail!],
            [Text(scan.Outcome), Text(scan.Actor), Text(scan.Case), Text(scan.Purpose), Text(scan.Agency), Text(scan.Kind), Text(scan.Detail)]);
    }

    [Fact]
    public void What_is_concealed_of_a_person_is_scanned_as_it_is_read()
    {
        var json = AuditEntryJson.Write(OfAPerson);
        Assert.True(AuditEntryScan.TryRead(json, out var scan) && AuditEntryJson.TryRead(json, out _));
        Assert.Equal([OfAPerson.Person!.Digest, OfAPerson.Case!.Digest, OfAPerson.Claim!.Digest, Full.Boot],
            [Text(scan.Person), Text(scan.Case), Text(scan.Claim), Text(scan.Boot)]);
        Assert.Equal(OfAPerson.Time, scan.Instant);
        // Whose account is concealed has no account in the clear.
        var named = Encoding.ASCII.GetBytes(Text(json).Replace("\"actor\":\"person\"", "\"actor\":\"kim\"", StringComparison.Ordinal));
        Assert.False(AuditEntryScan.TryRead(named, out _) || AuditEntryJson.TryRead(named, out _));
    }

    [Fact]
    public void Absent_members_are_empty_or_minus_one()
    {
        Assert.True(AuditEntryScan.TryRead(AuditEntryJson.Write(new AuditEntry { Action = AuditAction.Boot, Boot = Full.Boot }), out var scan));
        Assert.True(scan.Person.IsEmpty && scan.Case.IsEmpty && scan.Claim.IsEmpty && scan.Purpose.IsEmpty);
        Assert.True(scan.Agency.IsEmpty && scan.Kind.IsEmpty && scan.Detail.IsEmpty);
        Assert.Equal((-1, -1, -1, -1, -1, -1, -1), (scan.Version, scan.Sequence, scan.Count, scan.Frames, scan.Reads, scan.Discarded, scan.Hits));
    }

    [Fact]
    public void Nothing_is_scanned_that_is_not_also_read()
    {
        var random = new Random(20261126);
        byte[][] seeds = [AuditEntryJson.Write(Full), AuditEntryJson.Write(OfAPerson),
            .. LogLab.Entries(5).Select(entry => AuditEntryJson.Write(entry with { Boot = Full.Boot }))];
        // Pieces that turn one entry into nearly another: what a byte alone does not reach.
        string[] pieces =
        [
            "\"", ",", "0", "00", "-", "e1", ".0", " ", "\\u0061", ",\"count\":1", ",\"count\":01", "2027-02-29", "24:00", ":60", "refused:",
            "done", "a.", "..",
            "9007199254740992", "99999999999999999999", "}", "A", "é", ",\"plate\":\"x\"", "hit.stored", "order.search", "interval.summary",
            "person", ",\"claim\":\"", "\",\"person\":\"",
        ];
        var (scanned, refused) = (0, 0);
        for (var round = 0; round < 60_000; round++)
        {
            var json = seeds[random.Next(seeds.Length)].ToList();
            for (var changes = random.Next(1, 3); changes > 0; changes--)
            {
                var at = random.Next(json.Count);
                switch (random.Next(4))
                {
                    case 0: json[at] ^= (byte)(1 << random.Next(8)); break;
                    case 1: json.RemoveRange(at, Math.Min(json.Count - at, random.Next(1, 12))); break;
                    case 2: json.InsertRange(at, Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)])); break;
                    default: json[at] = (byte)"0123456789azAZ._-"[random.Next(17)]; break;
                }
            }
            var isRead = AuditEntryJson.TryRead(json.ToArray(), out _);
            if (AuditEntryScan.TryRead(json.ToArray(), out _))
            {
                Assert.True(isRead, Encoding.UTF8.GetString([.. json]));
                scanned++;
            }
            else if (isRead)
            {
                refused++;
            }
        }
        Assert.True(scanned > 1000, scanned.ToString(CultureInfo.InvariantCulture)); // else nothing was tried
        Assert.Equal(0, refused); // slow, not wrong
    }

    private static string Text(ReadOnlySpan<byte> text) => Encoding.ASCII.GetString(text);
}
