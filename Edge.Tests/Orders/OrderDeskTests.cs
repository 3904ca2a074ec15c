using System.Text;
using Edge.Agent.Governance;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Orders;
using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Orders;
using Edge.Storage.Retention;
using Edge.Storage.Sealing;
using Edge.Storage.Signing;
using Edge.Tests.Database;
using LiteDB;

namespace Edge.Tests.Orders;

/// <summary>Every order and every refusal through the desk: answered, logged, counted, and an incident where it is one.</summary>
public sealed class OrderDeskTests : IDisposable
{
    private readonly OrderLab _lab = new();

    public static TheoryData<string, string, string> EveryRefusal => new()
    {
        { "no case ID", "no-case", "order.refused" }, { "no purpose", "no-purpose", "order.refused" },
        { "search by plate", "unknown-field", "order.refused" }, { "no verb", "no-such-verb", "order.refused" },
        { "malformed", "malformed", "order.refused" }, { "sealed to another box", "not-sealed-to-this-box", "order.refused" },
        { "another box", "other-box", "order.refused" }, { "expired", "expired", "order.refused" },
        { "too long", "too-long-lived", "order.refused" }, { "future", "from-the-future", "order.refused" },
        { "policy expired", "policy-expired", "order.refused" }, { "operator expired", "operator-expired", "order.refused" },
        { "wrong role", "wrong-role", "order.search" }, { "other purpose", "purpose-not-allowed", "order.search" },
        { "purpose of another case", "purpose-of-another-case", "order.search" }, { "unknown case", "unknown-case", "order.search" },
        { "hold of an unknown case", "unknown-case", "order.hold" },
        { "no holds", "no-holds", "order.hold" }, { "hold has passed", "until-has-passed", "order.hold" },
        { "hold too long", "beyond-longest-hold", "order.hold" }, { "hit of another case", "hit-of-another-case", "order.disposition" },
        { "no such hit", "no-such-hit", "order.disposition" }, { "replayed", "replayed", "order.refused" },
    };

    public void Dispose() => _lab.Dispose();

    private Order Sample(string verb) => verb switch
    {
        "hold" => _lab.Hold(),
        "release" => new Order.Release(OrderLab.Case, OrderLab.Purpose),
        "search" => _lab.Search(),
        "disposition" => new Order.Disposition(OrderLab.Case, OrderLab.Purpose, 1, Verdict.Misread, null),
        "export" => new Order.Export(),
        "revoke" => new Order.Revoke(new string('k', 43)),
        _ => new Order.Decommission(),
    };

    [Theory]
    [InlineData("hold")]
    [InlineData("release")]
    [InlineData("search")]
    [InlineData("disposition")]
    [InlineData("export")]
    [InlineData("revoke")]
    [InlineData("decommission")]
    public void Every_verb_is_carried_out_answered_logged_and_counted(string verb)
    {
        _lab.Commit();
        var order = Sample(verb);
        var message = _lab.Sign(order, id: "the-order-0123456");
        var answer = _lab.Desk.Take(message)!;

        Assert.Equal(("the-order-0123456", verb, AuditOutcome.Done), (answer.Order, answer.Verb, answer.Outcome));
        Assert.Equal(answer.ToJson(), Assert.Single(_lab.Answers()).ToJson());
        var entry = Assert.Single(_lab.Entries);
        Assert.Equal($"order.{verb}", AuditCode.Of(entry.Action));
        Assert.Equal((AuditOutcome.Done, "riverton"), (entry.Outcome, entry.Agency));
        var role = OrderLab.RoleFor(order);
        Assert.Equal((role, $"{Duties.Write(role)}-1"), (entry.Role, _lab.Audit.Disclosed(_lab.Audit.ReadTail(1)[0], "person")?.Value));
        Assert.Equal(Sha256Hash.Of(message), entry.Digest);
        Assert.Equal(order is Order.AboutCase ? OrderLab.Purpose : null, entry.Purpose);
        Assert.Equal(order is Order.AboutCase, entry.Case is not null);
        Assert.Equal((1, 0), _lab.Desk.Counts);
        Assert.Empty(_lab.Incidents);
        Assert.Equal(verb == "decommission" ? 1 : 0, _lab.Decommissions);
    }

    [Theory]
    [MemberData(nameof(EveryRefusal))]
    public void Every_refusal_is_answered_logged_counted_and_an_incident_unless_it_was_only_late(string what, string reason, string action)
    {
        _lab.Commit(OrderLab.Unlisted);
        var message = Refused(what);
        var (answered, logged, incidents, refused) = (_lab.Answers().Count, _lab.Entries.Count, _lab.Incidents.Count, _lab.Desk.Counts.Refused);

        var answer = _lab.Desk.Take(message)!;

        Assert.Equal(AuditOutcome.Refused(reason), answer.Outcome);
        Assert.Equal((0, 0), (answer.Count, answer.Hits.Count));
        Assert.Equal(answer.ToJson(), Assert.Single(_lab.Answers().Skip(answered)).ToJson());
        var entry = Assert.Single(_lab.Entries.Skip(logged));
        Assert.Equal((action, AuditOutcome.Refused(reason)), (AuditCode.Of(entry.Action), entry.Outcome));
        Assert.EndsWith("-1", _lab.Audit.Disclosed(_lab.Audit.ReadTail(1)[0], "person")?.Value, StringComparison.Ordinal);
        Assert.NotEqual(AuditRole.Agent, entry.Role);
        Assert.Equal(action != "order.refused", entry.Case is not null && entry.Purpose is not null);
        Assert.Equal(refused + 1, _lab.Desk.Counts.Refused);
        Assert.Equal(reason == "expired" ? [] : [(IncidentKind.OutOfPolicyOrder, reason)], _lab.Incidents.Skip(incidents));
        Assert.Empty(_lab.State.Database.Holds);
        Assert.False(File.Exists(Path.Combine(_lab.State.Directory, OrderDesk.DecommissionedName)));
        AssertNothingTold();
    }

    private byte[] Refused(string what)
    {
        var (policy, trust) = (_lab.Trust!.Policy, _lab.Trust);
        switch (what)
        {
            case "no case ID": return Raw("""{"verb":"search","purpose":"stolen-vehicle","from":"2026-11-23T00:00:00Z","to":"2026-11-24T00:00:00Z"}""");
            case "no purpose": return Raw($$"""{"verb":"search","case":"{{OrderLab.Case}}","from":"2026-11-23T00:00:00Z","to":"2026-11-24T00:00:00Z"}""");
            case "search by plate": return Raw($$"""{"verb":"search","case":"{{OrderLab.Case}}","purpose":"stolen-vehicle","from":"2026-11-23T00:00:00Z","to":"2026-11-24T00:00:00Z","plate":"{{OrderLab.Plate}}"}""");
            case "no verb": return Raw($$"""{"verb":"find","plate":"{{OrderLab.Plate}}"}""");
            case "malformed": return Raw("""{"verb":"revoke","key":"short"}""");
            case "sealed to another box":
                using (var other = RecipientKey.Create()) return _lab.Sign(_lab.Search(), to: other.Public);
            case "another box": return _lab.Sign(_lab.Search(), box: new BoxName("riverton", "box-2"));
            case "expired": return _lab.Sign(_lab.Search(), given: -1, hours: 1);
            case "too long": return _lab.Sign(_lab.Search(), hours: 7 * 24 + 1);
            case "future": return _lab.Sign(_lab.Search(), given: 0.5);
            case "policy expired":
                _lab.Trust = trust with { Policy = policy with { Expires = _lab.Now } };
                return _lab.Sign(_lab.Search());
            case "operator expired":
                _lab.Trust = trust with { Operators = trust.Operators with { All = [.. trust.Operators.All.Select(one => one with { Expires = _lab.Now })] } };
                return _lab.Sign(_lab.Search());
            case "wrong role": return _lab.Sign(_lab.Search(), AuditRole.Oversight);
            case "other purpose": return _lab.Sign(_lab.Search() with { Purpose = "curiosity" });
            case "purpose of another case": return _lab.Sign(_lab.Search() with { Purpose = policy.Purposes.First(one => one.Name != OrderLab.Purpose).Name });
            case "unknown case": return _lab.Sign(_lab.Search("CASE-9999"));
            case "hold of an unknown case": return _lab.Sign(_lab.Hold("CASE-9999"));
            case "no holds":
                _lab.Trust = trust with { Policy = policy with { LongestHoldHours = 0 } };
                return _lab.Sign(_lab.Hold());
            case "hold has passed": return _lab.Sign(_lab.Hold(hours: 0));
            case "hold too long": return _lab.Sign(_lab.Hold(hours: 101));
            case "hit of another case": return _lab.Sign(new Order.Disposition(OrderLab.Case, OrderLab.Purpose, 1, Verdict.Confirmed, null));
            case "no such hit": return _lab.Sign(new Order.Disposition(OrderLab.Case, OrderLab.Purpose, 99, Verdict.Confirmed, null));
            default:
                var message = _lab.Sign(_lab.Search());
                _lab.Desk.Take(message);
                return message;
        }
    }

    // What no client of ours writes: the same envelope around other words.
    private byte[] Raw(string order)
    {
        var good = _lab.Sign(_lab.Search());
        var key = _lab.KeyOf(AuditRole.Investigator);
        Assert.True(Jws.TryVerify(good, key.Public, CloudEvent.ContentType, out var json));
        var said = System.Text.Json.Nodes.JsonNode.Parse(json)!;
        var header = System.Buffers.Text.Base64Url.DecodeFromChars(said["data"]!["header"]!.GetValue<string>());
        said["data"]!["sealed"] = System.Text.Json.Nodes.JsonNode.Parse(
            SealedPart.Seal(_lab.State.Keys.Orders.Public, header, Encoding.UTF8.GetBytes(order), SealedUse.Order).ToJson());
        return Jws.Sign(key, Encoding.UTF8.GetBytes(said.ToJsonString()), CloudEvent.ContentType);
    }

    private void AssertNothingTold()
    {
        var told = string.Join('\n', _lab.Log.Lines) + string.Concat(_lab.Answers().Select(answer => Encoding.UTF8.GetString(answer.ToJson())))
            + string.Concat(_lab.Incidents);
        foreach (var secret in new[] { OrderLab.Case, OrderLab.Unlisted, "CASE-9999", OrderLab.Plate })
            Assert.DoesNotContain(secret, told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unsigned", "not-signed")]
    [InlineData("too large", "not-signed")]
    [InlineData("no policy", "no-policy")]
    [InlineData("unknown key", "unknown-operator")]
    [InlineData("revoked key", "revoked-operator")]
    [InlineData("bad signature", "bad-signature")]
    [InlineData("another's account", "malformed-order")]
    public void A_stranger_is_logged_and_counted_and_gets_no_answer(string what, string reason)
    {
        var message = _lab.Sign(_lab.Search());
        using var stranger = SigningKey.Create();
        switch (what)
        {
            case "unsigned": message = Encoding.ASCII.GetBytes("search " + OrderLab.Plate); break;
            case "too large": message = [.. message, .. new byte[OrderMessage.MaxBytes]]; break;
            case "no policy": _lab.Trust = null; break;
            case "unknown key": message = _lab.Sign(_lab.Search(), key: stranger); break;
            case "revoked key": Assert.Equal(AuditOutcome.Done, _lab.Take(new Order.Revoke(_lab.KeyOf(AuditRole.Investigator).Public.KeyId)).Outcome); break;
            case "bad signature": message = [.. message[..^8], (byte)(message[^8] == 'A' ? 'B' : 'A'), .. message[^7..]]; break;
            default: message = _lab.Sign(_lab.Search(), account: "oversight-1"); break;
        }
        var (answered, logged) = (_lab.Answers().Count, _lab.Entries.Count);
        Assert.Null(_lab.Desk.Take(message));
        Assert.Equal(answered, _lab.Answers().Count);
        var entry = Assert.Single(_lab.Entries.Skip(logged));
        Assert.Equal((AuditAction.OrderRefused, AuditOutcome.Refused(reason), "unknown"), (entry.Action, entry.Outcome, entry.Actor));
        // Before its first policy a box can accuse nobody.
        Assert.Equal(reason == "no-policy" ? [] : [(IncidentKind.RefusedSignature, reason)], _lab.Incidents);
        Assert.Equal(1, _lab.Desk.Counts.Refused);
        AssertNothingTold();
    }

    [Fact]
    public void A_revoked_key_stays_out_after_a_restart()
    {
        _lab.Take(new Order.Revoke(_lab.KeyOf(AuditRole.Investigator).Public.KeyId));
        _lab.Restart();
        Assert.Null(_lab.Desk.Take(_lab.Sign(_lab.Search())));
    }

    [Fact]
    public void A_replayed_order_is_refused_also_after_a_restart_and_is_no_incident_where_the_door_may_bring_it_twice()
    {
        var message = _lab.Sign(new Order.Release(OrderLab.Case, OrderLab.Purpose));
        Assert.Equal(AuditOutcome.Done, _lab.Desk.Take(message)!.Outcome);
        Assert.Equal(AuditOutcome.Refused("replayed"), _lab.Desk.Take(message, again: true)!.Outcome);
        Assert.Empty(_lab.Incidents);
        _lab.Restart();
        Assert.Equal(AuditOutcome.Refused("replayed"), _lab.Desk.Take(message)!.Outcome);
        Assert.Single(_lab.Incidents);
    }

    [Theory]
    [InlineData("wrong role")]
    [InlineData("policy expired")]
    [InlineData("operator expired")]
    [InlineData("future")]
    [InlineData("no holds")]
    public void A_refused_order_does_not_come_back_when_it_would_be_allowed(string what)
    {
        var before = _lab.Trust!;
        _lab.Trust = before with { Policy = before.Policy with
            { Roles = new Dictionary<AuditRole, IReadOnlyList<Verb>>(before.Policy.Roles) { [AuditRole.Oversight] = [] } } };
        var message = what == "wrong role" ? _lab.Sign(new Order.Release(OrderLab.Case, OrderLab.Purpose), AuditRole.Oversight) : Refused(what);
        Assert.NotNull(_lab.Desk.Take(message)!.Outcome.Reason);
        _lab.Trust = before;
        _lab.State.Time.Advance(TimeSpan.FromMinutes(40));
        _lab.Restart();
        Assert.Equal(AuditOutcome.Refused("replayed"), _lab.Desk.Take(message)!.Outcome);
    }

    [Fact]
    public void Another_operator_cannot_use_up_an_id_or_take_away_its_export()
    {
        Assert.Equal(AuditOutcome.Done, _lab.Desk.Take(_lab.Sign(new Order.Export(), AuditRole.Auditor, "the-order-0123456"))!.Outcome);
        Assert.Equal(AuditOutcome.Done, _lab.Desk.Take(_lab.Sign(new Order.Export(), AuditRole.Oversight, "the-order-0123456"))!.Outcome);
        Assert.Equal(AuditOutcome.Done, _lab.Desk.Take(_lab.Sign(_lab.Search(), id: "the-order-0123456"))!.Outcome);
        Assert.Equal(3, _lab.Desk.Counts.Taken);
    }

    [Fact]
    public void A_flood_of_replays_and_strangers_fills_neither_log_nor_outbox_and_good_orders_go_on()
    {
        var good = _lab.Sign(_lab.Search());
        _lab.Desk.Take(good);
        for (var i = 0; i < 300; i++)
        {
            _lab.Desk.Take(good);
            _lab.Desk.Take("nonsense"u8.ToArray());
        }
        Assert.Equal(600, _lab.Desk.Counts.Refused);
        Assert.InRange(_lab.Entries.Count, 2, 121); // two reasons
        Assert.InRange(_lab.Answers().Count, 2, 61);
        Assert.InRange(_lab.Incidents.Count, 2, 120);
        Assert.Equal(AuditOutcome.Done, _lab.Take(_lab.Search()).Outcome);
        _lab.State.Time.Advance(TimeSpan.FromHours(1));
        _lab.Desk.Take("nonsense"u8.ToArray());
        Assert.Equal([("further-orders", 240L), ("further-orders", 240L), ("not-signed", 1L)],
            _lab.Entries.TakeLast(3).Select(entry => (entry.Outcome.Reason!, entry.Count!.Value)));
    }

    [Fact]
    public void A_flood_of_strangers_hides_no_operator_s_refusal_and_leaves_none_to_come_back_later()
    {
        for (var i = 0; i < 100; i++) _lab.Desk.Take("nonsense"u8.ToArray());
        var early = _lab.Sign(_lab.Search(), given: 0.5, hours: 4);
        Assert.Equal(AuditOutcome.Refused("from-the-future"), _lab.Desk.Take(early)!.Outcome);
        Assert.Equal("from-the-future", _lab.Entries[^1].Outcome.Reason);
        _lab.State.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(AuditOutcome.Refused("replayed"), _lab.Desk.Take(early)!.Outcome);
    }

    [Fact]
    public void A_box_that_remembers_as_many_orders_as_it_may_still_shuts_out_a_key_and_is_taken_out_of_service()
    {
        _lab.Take(_lab.Search());
        _lab.State.Close();
        RowFile.Edit(_lab.State.DatabaseFile, lite =>
        {
            lite.GetCollection("state").Update(new BsonDocument { ["_id"] = "state", ["format"] = "edge-state/2", ["last"] = 10_000L });
            lite.GetCollection("orders").InsertBulk(Enumerable.Range(2, UsedOrders.MostOrders - 1).Select(number => new BsonDocument
            {
                ["_id"] = (long)number, ["x"] = StateFixture.Start.AddHours(13).ToUnixTimeMilliseconds(), ["o"] = $"order-{number}",
            }));
        });
        _lab.Restart();
        for (var i = 0; i < 100; i++) _lab.Desk.Take(_lab.Sign(_lab.Search()));
        Assert.Equal(AuditOutcome.Refused("too-many-orders"), _lab.Answers()[^1].Outcome);
        Assert.InRange(_lab.Entries.Count, 2, 61);

        Assert.Equal(AuditOutcome.Done, _lab.Take(new Order.Revoke(_lab.KeyOf(AuditRole.Investigator).Public.KeyId)).Outcome);
        Assert.Null(_lab.Desk.Take(_lab.Sign(_lab.Search())));
        Assert.Equal(AuditOutcome.Done, _lab.Take(new Order.Decommission()).Outcome);
        Assert.Equal(1, _lab.Decommissions);
    }

    [Fact]
    public void Garbage_does_not_hide_somebody_who_was_shut_out_and_tries_again_nor_is_it_called_theirs()
    {
        var shutOut = _lab.KeyOf(AuditRole.Investigator);
        _lab.Take(new Order.Revoke(shutOut.Public.KeyId));
        for (var i = 0; i < 100; i++) _lab.Desk.Take("x"u8.ToArray());
        var inTheirName = _lab.Sign(_lab.Search());
        inTheirName[^3] = inTheirName[^3] == (byte)'A' ? (byte)'B' : (byte)'A';
        _lab.Desk.Take(inTheirName);
        Assert.Equal("bad-signature", _lab.Entries[^1].Outcome.Reason);
        _lab.Desk.Take(_lab.Sign(_lab.Search()));
        Assert.Equal("revoked-operator", _lab.Entries[^1].Outcome.Reason);
        Assert.Equal((IncidentKind.RefusedSignature, "revoked-operator"), _lab.Incidents[^1]);
    }

    [Fact]
    public void The_count_of_refusals_beyond_the_hours_is_logged_when_it_ends_and_at_a_stop()
    {
        for (var i = 0; i < 100; i++) _lab.Desk.Take("x"u8.ToArray());
        _lab.Desk.CountFurther();
        Assert.Equal("not-signed", _lab.Entries[^1].Outcome.Reason);
        _lab.Desk.CountFurther(atOnce: true);
        Assert.Equal(("further-orders", 40L), (_lab.Entries[^1].Outcome.Reason, _lab.Entries[^1].Count));
    }

    [Theory]
    [InlineData('一')]
    [InlineData('x')] // not the one spelling of 32 bytes
    public void A_revocation_of_what_is_no_key_is_refused(char letter) =>
        Assert.Equal(AuditOutcome.Refused("malformed"), _lab.Take(new Order.Revoke(new string(letter, 43))).Outcome);

    [Fact]
    public void An_order_that_would_have_to_be_remembered_for_years_is_refused_and_not_remembered()
    {
        Assert.Equal(AuditOutcome.Refused("too-long-lived"), _lab.Desk.Take(_lab.Sign(_lab.Search(), hours: 10 * 365 * 24))!.Outcome);
        Assert.Equal(0, _lab.State.Database.Orders.Count);
        Assert.Equal(AuditOutcome.Refused("too-long-lived"), _lab.Desk.Take(_lab.Sign(_lab.Search(), hours: 7 * 24 + 0.1))!.Outcome);
        Assert.Equal(1, _lab.State.Database.Orders.Count);
    }

    [Fact]
    public void A_box_that_has_shut_out_as_many_keys_as_it_may_says_so()
    {
        var keys = Enumerable.Range(0, RevokedKeys.Most).Select(number => $"{number:0000}{new string('w', 39)}");
        File.WriteAllText(Path.Combine(_lab.State.Directory, "revoked.json"), $$"""{"keys":[{{string.Join(',', keys.Select(key => $"\"{key}\""))}}]}""");
        _lab.Restart();
        Assert.Equal(AuditOutcome.Refused("too-many-revoked"), _lab.Take(new Order.Revoke(_lab.KeyOf(AuditRole.Investigator).Public.KeyId)).Outcome);
        Assert.Equal(AuditOutcome.Done, _lab.Take(_lab.Search()).Outcome);
    }

    [Theory]
    [InlineData("hold")]
    [InlineData("decommission")]
    [InlineData("search")]
    [InlineData("revoke")]
    [InlineData("export")]
    public void A_disk_that_fails_at_any_step_leaves_an_order_that_can_be_brought_again_and_is_never_half_done(string verb)
    {
        for (var failing = 1; failing < 40; failing++)
        {
            var disk = new SimulatedDisk();
            using var folder = new Edge.Tests.Support.TemporaryFolder();
            using var database = StateDatabase.Open(folder.Path, disk.Files(folder.Path), _lab.State.Keys.Hours, _lab.State.Time);
            database.Hits.Commit(_lab.State.Entry(_lab.State.Keys.CasePseudonym(OrderLab.Case, OrderLab.Purpose), _lab.Now.AddDays(1)));
            _lab.Desk = _lab.NewDesk(database);
            var message = _lab.Sign(Sample(verb));
            var marker = Path.Combine(_lab.State.Directory, OrderDesk.DecommissionedName);
            File.Delete(marker);
            disk.FullAt = disk.Operations + failing;
            OrderAnswer? answer = null;
            try
            {
                answer = _lab.Desk.Take(message);
            }
            catch (StateStorageException)
            {
                Assert.False(File.Exists(marker));
                Assert.Empty(database.Holds);
                // Who is shut out stays so and a copy of the log is one: these are done, and only the answer is still to come.
                Assert.Equal(verb is "revoke" or "export" ? AuditOutcome.Done : AuditOutcome.Refused("disk"), _lab.Entries[^1].Outcome);
            }
            disk.FullAt = null;
            Assert.Equal(AuditOutcome.Done, (answer ?? _lab.Desk.Take(message))!.Outcome);
            Assert.Single(_lab.Answers(database));
            Assert.Equal(AuditOutcome.Done, _lab.Entries[^1].Outcome);
            // Null once a stranger's budget of the hour is spent.
            Assert.NotEqual(AuditOutcome.Done, (_lab.Desk.Take(message, again: true) ?? new OrderAnswer("", null, AuditOutcome.Refused("replayed"))).Outcome);
        }
    }

    [Fact]
    public void A_hold_keeps_the_case_s_hits_and_a_release_lets_them_go()
    {
        _lab.Commit();
        _lab.Commit();
        _lab.Commit(OrderLab.Unlisted);
        var held = _lab.Take(_lab.Hold());
        Assert.Equal((2, _lab.Now.AddHours(50)), (held.Count, held.Until!.Value));
        Sweep.Run(_lab.State.Database);
        _lab.State.Time.Advance(TimeSpan.FromHours(30));
        Sweep.Run(_lab.State.Database);
        Assert.Equal([1L, 2L], _lab.State.Hits.List().Select(hit => hit.Sequence));
        Assert.Equal(2, _lab.Take(new Order.Release(OrderLab.Case, OrderLab.Purpose)).Count);
        Sweep.Run(_lab.State.Database);
        Assert.Empty(_lab.State.Hits.List());
    }

    [Fact]
    public void A_search_brings_the_sealed_hits_of_its_case_alone_in_pages()
    {
        var wanted = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            wanted.Add(Encoding.UTF8.GetString(Record(_lab.Commit(body: new string('x', 40_000)))));
            _lab.Commit(OrderLab.Unlisted);
        }
        var (found, after, pages) = (new List<string>(), 0, 0);
        while (true)
        {
            var page = _lab.Take(_lab.Search(after: after));
            pages++;
            Assert.Equal(page.Hits.Count, page.Count);
            Assert.InRange(page.Hits.Sum(hit => hit.Record.Length), 1, OrderAnswer.MaxHitBytes);
            found.AddRange(page.Hits.Select(hit => Encoding.UTF8.GetString(hit.Record.Span)));
            if (page.More is not { } more) break;
            after = (int)more;
        }
        Assert.Equal(wanted, found);
        Assert.InRange(pages, 2, 6);
        AssertNothingTold();
    }

    private ReadOnlySpan<byte> Record(long sequence) => _lab.State.Hits.TryRead(sequence, out var hit) ? hit.Record.Span : default;

    [Fact]
    public void After_retention_a_disposition_is_taken_because_the_log_remembers_the_case_of_the_hit()
    {
        var hit = Swept(Stored(ConcealedValue.Case(OrderLab.Case)));
        var note = SealedPart.Seal(_lab.State.Agency.Public, "header"u8, "no"u8, SealedUse.Note);
        Assert.Equal(AuditOutcome.Done, _lab.Take(new Order.Disposition(OrderLab.Case, OrderLab.Purpose, hit, Verdict.NoAction, note)).Outcome);
        var entry = _lab.Entries[^1];
        Assert.Equal(("no-action", (long)hit, Sha256Hash.Of(note.ToJson())), (entry.Kind, entry.Sequence!.Value, entry.Digest!.Value));
        // An answer has a number too, and is no hit.
        Assert.Equal("no-such-hit", Dispose(hit + 1));
    }

    [Fact]
    public void After_retention_a_disposition_under_another_case_or_purpose_or_of_another_agency_s_hit_is_refused()
    {
        var other = _lab.Trust!.Policy.Purposes.First(one => one.Name != OrderLab.Purpose).Name;
        var hit = Swept(Stored(ConcealedValue.Case(OrderLab.Case)));
        Assert.Equal("hit-of-another-case", Dispose(hit, of: "CASE-9999"));
        Assert.Equal("hit-of-another-case", Dispose(hit, purpose: other));
        Assert.Equal("hit-of-another-case", Dispose(Swept(Stored(ConcealedValue.Case(OrderLab.Case)) with { Agency = "millbrook" })));
        // Logged after a power cut, when the box cannot know the case any more: nothing vouches for the order.
        Assert.Equal("no-such-hit", Dispose(Swept(new AuditEntry { Action = AuditAction.HitStored, Digest = Sha256Hash.Of("hit"u8) })));
    }

    [Fact]
    public void After_retention_and_without_the_disclosure_of_its_entry_a_hit_is_of_no_case()
    {
        var hit = Swept(Stored(ConcealedValue.Case(OrderLab.Case)));
        Directory.Delete(Path.Combine(_lab.AuditFolder, "disclosures"), recursive: true);
        Assert.Equal("no-such-hit", Dispose(hit));
    }

    [Fact]
    public void A_case_that_has_left_the_hotlist_keeps_its_purpose_while_its_hits_are_kept()
    {
        var hit = (int)_lab.Commit(OrderLab.Unlisted);
        var other = _lab.Trust!.Policy.Purposes.First(one => one.Name != OrderLab.Purpose).Name;
        Assert.Equal(AuditOutcome.Refused("unknown-case"), _lab.Take(_lab.Search(OrderLab.Unlisted) with { Purpose = other }).Outcome);
        Assert.Equal(AuditOutcome.Refused("unknown-case"), _lab.Take(_lab.Hold(OrderLab.Unlisted) with { Purpose = other }).Outcome);
        Assert.Equal("hit-of-another-case", Dispose(hit, OrderLab.Unlisted, other));
        Assert.Equal(0, _lab.Take(new Order.Release(OrderLab.Unlisted, other)).Count);
        Assert.Equal(1, _lab.Take(_lab.Search(OrderLab.Unlisted)).Count);
        Assert.Equal(1, _lab.Take(_lab.Hold(OrderLab.Unlisted)).Count);
    }

    private static AuditEntry Stored(ConcealedValue of) => new()
    {
        Action = AuditAction.HitStored, Digest = Sha256Hash.Of("hit"u8), Case = of, Purpose = OrderLab.Purpose, Agency = "riverton",
    };

    // A hit whose retention is over, and what the log says of it.
    private int Swept(AuditEntry stored)
    {
        var hit = (int)_lab.Commit();
        _lab.Audit.Append(stored with { Sequence = hit });
        _lab.State.Time.Advance(TimeSpan.FromDays(2));
        Sweep.Run(_lab.State.Database);
        Assert.Empty(_lab.State.Hits.List());
        return hit;
    }

    private string? Dispose(int hit, string of = OrderLab.Case, string purpose = OrderLab.Purpose) =>
        _lab.Take(new Order.Disposition(of, purpose, hit, Verdict.NoAction, null)).Outcome.Reason;

    [Fact]
    public void The_copy_that_an_export_makes_verifies_and_discloses_nothing()
    {
        _lab.Take(_lab.Search());
        _lab.Desk.Take(_lab.Sign(new Order.Export(), id: "the-order-0123456"));
        var copy = Path.Combine(_lab.State.Directory, OrderDesk.ExportsName, "the-order-0123456");
        var report = AuditVerifier.Verify(copy, new NoteKey(_lab.Box.LogOrigin, _lab.State.Keys.Log.Public).ToString());
        Assert.True(report.Holds, string.Join('\n', report.Checks));
        Assert.Equal(2, report.Checkpoint!.Size); // the export itself is in it
        Assert.False(Directory.Exists(Path.Combine(copy, "disclosures")));
        Assert.True(Directory.Exists(Path.Combine(_lab.AuditFolder, "disclosures")));
    }
}
