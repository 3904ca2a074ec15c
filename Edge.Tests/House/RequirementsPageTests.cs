using System.Reflection;
using System.Text.RegularExpressions;
using Edge.Tests.Support;

namespace Edge.Tests.House;

/// <summary>docs/requirements.md names code and tests; this keeps it from rotting.</summary>
public sealed partial class RequirementsPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "requirements.md"));

    [Fact]
    public void Every_test_that_the_requirements_name_exists()
    {
        var named = TestName().Matches(Page).Select(name => (name.Groups[1].Value, name.Groups[2].Value)).ToHashSet();
        Assert.InRange(named.Count, 40, 400);
        var tests = Assembly.GetExecutingAssembly().GetTypes()
            .SelectMany(type => type.GetMethods().Where(method => method.GetCustomAttributes().Any(one => one is FactAttribute))
                .Select(method => (type.Name, method.Name)))
            .ToHashSet();
        Assert.DoesNotContain(named, name => !tests.Contains(name));
    }

    [Fact]
    public void Every_file_that_the_requirements_name_exists()
    {
        var named = FileName().Matches(Page).Select(name => name.Groups[1].Value).ToHashSet();
        Assert.InRange(named.Count, 20, 400);
        Assert.DoesNotContain(named, file => !File.Exists(Path.Combine(Repository.Root, file)));
    }

    [Fact]
    public void Every_requirement_has_its_place() =>
        Assert.Equal(Enumerable.Range(1, 22),
            Row().Matches(Page).Select(row => int.Parse(row.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)));

    [GeneratedRegex(@"`(\w+Tests)\.(\w+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"`(Edge\.\w+/[\w/.]+\.cs)`")]
    private static partial Regex FileName();

    [GeneratedRegex(@"^## (\d+)\. ", RegexOptions.Multiline)]
    private static partial Regex Row();
}
