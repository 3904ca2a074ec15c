using System.Text.RegularExpressions;
using System.Xml.Linq;
using Edge.Tests.Support;

namespace Edge.Tests.House;

/// <summary>docs/dependencies.md names every package that a project does, at its version, in its project, and no other.</summary>
public sealed partial class DependenciesPageTests
{
    private static readonly List<(string Package, string Version, string In, string Licence)> Page =
        [.. Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "dependencies.md")))
            .Select(row => (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value, row.Groups[4].Value))];

    [Fact]
    public void It_names_every_package_of_every_project_and_no_other()
    {
        var named = Directory.EnumerateDirectories(Repository.Root, "Edge.*").Select(folder => Path.Combine(folder, Path.GetFileName(folder) + ".csproj"))
            .SelectMany(project => References(project).Select(package => (package, In: Path.GetFileNameWithoutExtension(project))))
            .Concat(References(Path.Combine(Repository.Root, "Directory.Build.props")).Select(package => (package, In: "all, build only")));
        Assert.Equal(named.Order(), Page.Select(row => (row.Package, row.In)).Order());
    }

    [Fact]
    public void The_versions_are_those_that_are_built_with()
    {
        var pinned = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(one => (string)one.Attribute("Include")!, one => (string)one.Attribute("Version")!);
        Assert.NotEmpty(Page);
        Assert.All(Page, row => Assert.Equal(pinned[row.Package], row.Version));
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "dependencies.md"));
        Assert.All(pinned.Keys, package => Assert.Contains(package, page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_licences_are_those_that_the_packages_state()
    {
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        foreach (var row in Page)
        {
            var nuspec = Directory.Exists(cache)
                ? Directory.EnumerateFiles(cache, "*.nuspec", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2 })
                .FirstOrDefault(file => string.Equals(Path.GetFileNameWithoutExtension(file), row.Package, StringComparison.OrdinalIgnoreCase)
                    && Path.GetFileName(Path.GetDirectoryName(file)) == row.Version) : null;
            // Some state theirs in a file instead: those were read by a person.
            if (nuspec is not null && Expression().Match(File.ReadAllText(nuspec)) is { Success: true } stated)
                Assert.Equal(stated.Groups[1].Value, row.Licence);
        }
    }

    private static IEnumerable<string> References(string project) => File.Exists(project)
        ? XDocument.Load(project).Descendants("PackageReference").Select(one => (string)one.Attribute("Include")!) : [];

    [GeneratedRegex(@"^\| ([\w.-]+) \| (\d[\w.]+) \| ([^|]+) \| [^|]+ \| [^|]+ \| ([\w.-]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("<license type=\"expression\">([^<]+)<")]
    private static partial Regex Expression();
}
