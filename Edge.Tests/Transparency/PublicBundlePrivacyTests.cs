using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Edge.Agent.Governance.Orders;
using Edge.Storage.Audit.Bundles;
using Edge.Storage.Keys;
using Edge.Storage.Sealing;
using Edge.Tests.Requirements;
using Edge.Tests.Support;

namespace Edge.Tests.Transparency;

/// <summary>Requirement 14: the log can be published in full without exposing anybody.</summary>
public sealed class PublicBundlePrivacyTests(SharedMonth shared) : IClassFixture<SharedMonth>
{
    [Fact]
    public void In_a_public_bundle_of_a_month_no_plate_no_case_and_no_name_is_found_in_any_spelling()
    {
        var month = shared.Month;
        BundleExport.Write(month.Log, month.File("public.tar"), new BundleForm(null, Archive: true));
        var bytes = File.ReadAllBytes(month.File("public.tar"));
        Assert.True(Directory.EnumerateFiles(Path.Combine(month.Log, "disclosures"), "*", SearchOption.AllDirectories).Count() > 500);
        AssertHides(bytes, [.. ScriptedMonth.Cases, .. ScriptedMonth.People, .. ScriptedMonth.Plates, "neighbour-jane"]);
    }

    [Fact]
    public void Nor_can_they_be_guessed_because_no_digest_is_of_a_value_alone_and_no_two_are_the_same()
    {
        var month = shared.Month;
        BundleExport.Write(month.Log, month.File("public"), new BundleForm(null, Archive: false));
        var (digests, about) = (new List<string>(), new List<(string Concealed, Edge.Storage.Audit.Sha256Hash? Of)>());
        using (var bundle = Bundle.Open(month.File("public")))
            foreach (var match in AuditSearch.In(bundle, new AuditQuery()))
                about.AddRange(match.Entry!.Concealed.Select(one => (one.Value.Digest, match.Entry.Digest)));
        digests.AddRange(about.Select(one => one.Concealed));
        Assert.True(digests.Count > 500);
        // A case's entries cannot be told to be of one case: two are alike only where they are about one and the same sealed record.
        Assert.All(about.GroupBy(one => one.Concealed), alike => Assert.Single(alike.Select(one => one.Of).Distinct()));

        // Whoever knows every value that can be there and how a disclosure is written still lacks 128 bits of salt for each.
        var guesses = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in ScriptedMonth.Cases.Concat(ScriptedMonth.People).Concat(ScriptedMonth.Plates).Append("neighbour-jane"))
            foreach (var name in new[] { "case", "person", "claim" })
                foreach (var text in new[] { value, JsonSerializer.Serialize(new[] { "", name, value }), JsonSerializer.Serialize(new[] { name, value }),
                    $"{name}:{value}", Disclosed("", name, value), Disclosed("AAAAAAAAAAAAAAAAAAAAAA", name, value) })
                    guesses.Add(Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
        Assert.DoesNotContain(digests, guesses.Contains);

        static string Disclosed(string salt, string name, string value) =>
            Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new[] { salt, name, value }));
    }

    [Fact]
    public void What_operators_ordered_of_a_real_box_is_published_without_their_names_their_cases_and_what_they_made_up_as_purposes()
    {
        using var box = new OrderedBox();
        using var folder = new TemporaryFolder();
        box.Take(box.Hold());
        box.Take(box.Hold(purpose: "my-neighbour-jane"));
        box.Take(new Order.Search("CASE-OF-NOBODY", OrderedBox.Purpose, box.Now.AddDays(-1), box.Now, 0));
        BundleExport.Write(box.AuditFolder, folder.File("public.tar"), new BundleForm(null, Archive: true));
        AssertHides(File.ReadAllBytes(folder.File("public.tar")), ["somebody-1", OrderedBox.Case, "my-neighbour-jane", "CASE-OF-NOBODY"]);
    }

    [Fact]
    public void The_auditor_and_nobody_else_reads_them_in_a_full_bundle()
    {
        var month = shared.Month;
        using var auditor = RecipientKey.Create();
        using var another = RecipientKey.Create();
        BundleExport.Write(month.Log, month.File("full.tar"), new BundleForm(auditor.Public, Archive: true));
        AssertHides(File.ReadAllBytes(month.File("full.tar")), [.. ScriptedMonth.Cases, .. ScriptedMonth.People, "neighbour-jane"]);
        var query = new AuditQuery { Case = ScriptedMonth.Cases[1] };
        using (var closed = Bundle.Open(month.File("full.tar"))) Assert.Empty(AuditSearch.In(closed, query));
        using (var closed = Bundle.Open(month.File("full.tar"), another)) Assert.Empty(AuditSearch.In(closed, query));
        using var opened = Bundle.Open(month.File("full.tar"), auditor);
        var found = AuditSearch.In(opened, query).ToList();
        Assert.True(found.Count > 100);
        Assert.All(found, match => Assert.Contains(match.Disclosed, one => (one.Name, one.Value) == ("case", ScriptedMonth.Cases[1])));
        Assert.NotEmpty(AuditSearch.In(opened, new AuditQuery { Actor = ScriptedMonth.People[2] }));
    }

    private static void AssertHides(byte[] bytes, IEnumerable<string> secrets)
    {
        var text = Encoding.Latin1.GetString(bytes).ToUpperInvariant();
        foreach (var secret in secrets)
        {
            var utf8 = Encoding.UTF8.GetBytes(secret);
            var hash = SHA256.HashData(utf8);
            string[] spellings =
            [
                secret, Convert.ToBase64String(utf8), Convert.ToBase64String(utf8).TrimEnd('=')[..^1], Base64Url.EncodeToString(utf8)[..^1],
                Convert.ToHexString(utf8), JsonSerializer.Serialize(secret),
                Convert.ToHexString(hash), Convert.ToBase64String(hash), Base64Url.EncodeToString(hash),
            ];
            foreach (var spelling in spellings) Assert.DoesNotContain(spelling.ToUpperInvariant(), text, StringComparison.Ordinal);
            // Base64 of a text around it, whatever stands before.
            for (var shift = 1; shift < 3; shift++)
                Assert.DoesNotContain(Convert.ToBase64String([.. new byte[shift], .. utf8])[4..^4].ToUpperInvariant() is
                    { Length: > 7 } inner ? inner : "\0never\0", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Asked_for_an_account_or_a_case_a_public_bundle_says_that_it_cannot_tell()
    {
        var bundle = shared.Month.File("asked");
        BundleExport.Write(shared.Month.Log, bundle, new BundleForm(null, Archive: false));
        foreach (var (option, value) in new[] { ("--actor", ScriptedMonth.People[0]), ("--case", ScriptedMonth.Cases[0]) })
        {
            var ended = await EdgeAgent.RunAsync("audit", "search", bundle, option, value);
            Assert.Equal((Edge.Agent.Cli.ExitCode.Usage, ""), (ended.Code, ended.Output));
            Assert.Contains("concealed in this bundle", ended.Error, StringComparison.Ordinal);
        }
        Assert.Equal("nothing found\n", (await EdgeAgent.RunAsync("audit", "search", bundle, "--purpose", "none-such")).Output);
    }
}
