using System.Text;
using System.Text.Json;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Tests.Support;

namespace Edge.Tests.Orders;

/// <summary>Every order for every role, by every door, with no factor of what an order needs, one and both: the signature of an operator's key, over what is
/// sealed to this box.</summary>
public sealed class OrderTableTests
{
    // Who may: 'w' only where the policy gives it, 'd' by default too, '-' under no policy. An order or a role without a place here fails the tests.
    private static readonly string[] Columns = ["technician", "auditor", "investigator", "oversight", "hub"];

    private static readonly Dictionary<string, string> Table = new()
    {
        //                T A I O H
        ["search"] =      "--d--",
        ["hold"] =        "--w--",
        ["release"] =     "--ww-",
        ["disposition"] = "--d--",
        ["export"] =      "-d-dw",
        ["revoke"] =      "---dw",
        ["decommission"] = "w--ww",
    };

    public static TheoryData<string> Doors => ["the broker", "the folder for orders by hand", "an auditor's stick"];

    [Fact]
    public void The_table_is_all_that_a_box_takes_orders_for_and_from()
    {
        var orders = typeof(Order).GetNestedTypes().Where(type => !type.IsAbstract && typeof(Order).IsAssignableFrom(type))
            .Select(type => type.Name.ToLowerInvariant());
        Assert.Equal(Table.Keys.Order(), orders.Order());
        Assert.Equal(Table.Keys.Order(), Duties.Verbs.Where(verb => verb.Value != Verb.ViewAim).Select(verb => verb.Key).Order());
        Assert.Equal(Columns.Order(), Duties.Roles.Keys.Order());
        Assert.Equal(Enum.GetValues<AuditRole>().Except([AuditRole.Agent]).Order(), Duties.Roles.Values.Order());
    }

    [Theory, MemberData(nameof(Doors))]
    public void With_no_factor_or_one_nothing_is_done_for_anybody(string door)
    {
        using var lab = new OrderLab();
        lab.Commit();
        foreach (var (verb, role) in Table.Keys.SelectMany(verb => Columns.Select(role => (verb, Duties.Roles[role]))))
            foreach (var (missing, message) in Incomplete(lab, Sample(lab, verb), role))
            {
                lab.State.Time.Advance(TimeSpan.FromHours(1)); // what is refused unopened is counted by the hour
                var outcome = Bring(lab, door, message(lab));
                Assert.True(outcome.StartsWith("refused:", StringComparison.Ordinal), $"{verb} by {role}, {missing}, by {door}: {outcome}");
                AssertNothingDone(lab);
            }
    }

    [Theory, MemberData(nameof(Doors))]
    public void With_both_the_role_has_what_the_policy_gives_it_once(string door)
    {
        foreach (var policyGives in new[] { true, false })
        {
            using var refusing = Lab(policyGives);
            foreach (var (verb, row) in Table)
                foreach (var (place, role) in Columns.Index())
                {
                    var may = row[place] == 'd' || (row[place] == 'w' && policyGives);
                    var done = may && (door != "an auditor's stick" || verb == "export");
                    var what = $"{verb} by {role}, by {door}, {(policyGives ? "the widest policy" : "a policy that says nothing of roles")}";
                    using var doing = done ? Lab(policyGives) : null;
                    var lab = doing ?? refusing;
                    var message = lab.Sign(Sample(lab, verb), Duties.Roles[role]);
                    var outcome = Bring(lab, door, message);
                    Assert.Equal((what, done ? "done" : may ? "refused:not-at-this-door" : "refused:wrong-role"), (what, outcome));
                    if (done) Assert.Equal((what, "refused:replayed"), (what, Bring(lab, door, message)));
                    else AssertNothingDone(lab);
                }
        }
    }

    private static OrderLab Lab(bool policyGives)
    {
        var lab = new OrderLab();
        lab.Commit();
        if (!policyGives) lab.Trust = lab.Trust! with { Policy = lab.Trust.Policy with { Roles = Matching.Lists.Policy.Roles } };
        return lab;
    }

    private static IEnumerable<(string Missing, Func<OrderLab, byte[]> Message)> Incomplete(OrderLab lab, Order order, AuditRole role)
    {
        yield return ("neither", _ => Encoding.UTF8.GetBytes($$"""{"verb":"{{Duties.Write(order.Verb)}}"}"""));
        yield return ("not signed, sealed", one =>
        {
            var good = one.Sign(order, role);
            Assert.True(Jws.TryVerify(good, one.KeyOf(role).Public, CloudEvent.ContentType, out var json));
            return json;
        });
        yield return ("signed by nobody, sealed", one => [.. one.Sign(order, role)[..^6], .. "AAAAAA"u8]);
        yield return ("signed by a stranger, sealed", one =>
        {
            using var stranger = SigningKey.Create();
            return one.Sign(order, role, key: stranger);
        });
        yield return ("signed in somebody else's name, sealed",
            one => one.Sign(order, role, account: $"{Duties.Write(Duties.Roles.Values.First(other => other != role))}-1"));
        yield return ("signed, sealed to another box", one =>
        {
            using var other = RecipientKey.Create();
            return one.Sign(order, role, to: other.Public);
        });
        yield return ("signed and sealed, for another box", one => one.Sign(order, role, box: new BoxName("riverton", "box-2")));
        yield return ("signed and sealed, over", one => one.Sign(order, role, given: -2, hours: 1));
    }

    private static Order Sample(OrderLab lab, string verb) => verb switch
    {
        "hold" => lab.Hold(),
        "release" => new Order.Release(OrderLab.Case, OrderLab.Purpose),
        "search" => lab.Search(),
        "disposition" => new Order.Disposition(OrderLab.Case, OrderLab.Purpose, 1, Verdict.Misread, null),
        "export" => new Order.Export(),
        "revoke" => new Order.Revoke(new string('k', 42) + "A"),
        _ => new Order.Decommission(),
    };

    private static string Bring(OrderLab lab, string door, byte[] message)
    {
        if (door != "the folder for orders by hand")
            return lab.Desk.Take(message, only: door == "an auditor's stick" ? Verb.Export : null)?.Outcome.ToString() ?? OrderInbox.NotAnOperators;
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("one.order"), message);
        new OrderInbox(folder.Path, lab.Desk, lab.State.Time, lab.Log).Look();
        return JsonDocument.Parse(File.ReadAllBytes(folder.File("one.outcome"))).RootElement.GetProperty("outcome").GetString()!;
    }

    private static void AssertNothingDone(OrderLab lab)
    {
        Assert.Empty(lab.State.Database.Holds);
        Assert.Equal(0, lab.Decommissions);
        Assert.Equal(0, lab.Desk.Counts.Taken);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(lab.State.Directory).Select(Path.GetFileName),
            name => name is "revoked.json" or OrderDesk.ExportsName or OrderDesk.DecommissionedName);
        Assert.All(lab.Answers(), answer => Assert.Equal((0, 0), (answer.Count, answer.Hits.Count)));
        Assert.All(lab.Entries, entry => Assert.NotNull(entry.Outcome.Reason));
    }
}
