using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Edge.Agent.Cli;
using Edge.Tests.Support;

namespace Edge.Tests.Packaging;

public sealed partial class DebianPackageTests : IDisposable
{
    private readonly DebianPackage _package;

    public DebianPackageTests()
    {
        if (DebianPackage.Missing() is { } missing) Assert.Skip(missing);
        _package = new DebianPackage();
    }

    [Fact]
    public void Everything_in_it_is_root_s_and_only_the_program_may_be_executed()
    {
        var lines = DebianPackage.Succeed("dpkg-deb", "-c", _package.Build()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Contains(" root/root ", line, StringComparison.Ordinal));
        Assert.All(lines.Where(line => line[0] == 'd'), line => Assert.StartsWith("drwxr-xr-x", line, StringComparison.Ordinal));
        Assert.Equal(["./usr/lib/edge-agent/edge-agent"],
            lines.Where(line => line.StartsWith("-rwxr-xr-x", StringComparison.Ordinal)).Select(line => line.Split(' ')[^1]));
        Assert.All(lines.Where(line => line[0] == '-' && !line.StartsWith("-rwx", StringComparison.Ordinal)),
            line => Assert.StartsWith("-rw-r--r--", line, StringComparison.Ordinal));
    }

    [Fact]
    public void It_brings_program_unit_user_modes_completion_manual_and_parts_list_and_nothing_that_takes_dumps()
    {
        var names = DebianPackage.Succeed("dpkg-deb", "-c", _package.Build()).Split('\n').Where(line => line.StartsWith('-') || line.StartsWith('l'))
            .Select(line => line[line.IndexOf("./", StringComparison.Ordinal)..]).Order(StringComparer.Ordinal);
        Assert.Equal(
        [
            "./lib/systemd/system/edge-agent.service", "./lib/systemd/system/edge-export@.service", "./lib/systemd/system/edge-stick@.service",
            "./lib/systemd/system/edge-vision.service",
            "./lib/udev/rules.d/90-edge-agent.rules", "./usr/bin/edge-agent -> ../lib/edge-agent/edge-agent", "./usr/lib/edge-agent/clip/street.json",
            "./usr/lib/edge-agent/edge-agent", "./usr/lib/edge-agent/edge-agent.dll", "./usr/lib/edge-agent/libsodium.so",
            "./usr/lib/edge-agent/models/manifest.json",
            "./usr/lib/systemd/journald@edge-vision.conf.d/edge-agent.conf", "./usr/lib/sysusers.d/edge-agent.conf", "./usr/lib/tmpfiles.d/edge-agent.conf",
            "./usr/share/bash-completion/completions/edge-agent",
            "./usr/share/doc/edge-agent/cameras.md", "./usr/share/doc/edge-agent/changelog.gz", "./usr/share/doc/edge-agent/cli.md",
            "./usr/share/doc/edge-agent/configuration.md", "./usr/share/doc/edge-agent/configuration.schema.json", "./usr/share/doc/edge-agent/copyright",
            "./usr/share/doc/edge-agent/examples/edge.json", "./usr/share/doc/edge-agent/examples/gpio.conf",
            "./usr/share/doc/edge-agent/examples/local-camera.conf", "./usr/share/doc/edge-agent/examples/network-camera.conf",
            "./usr/share/doc/edge-agent/gpio.md", "./usr/share/doc/edge-agent/install.md", "./usr/share/doc/edge-agent/sbom.cdx.json",
            "./usr/share/doc/edge-agent/usb.md",
            "./usr/share/lintian/overrides/edge-agent", "./usr/share/man/man1/edge-agent.1.gz",
        ], names);
    }

    [Fact]
    public void Two_builds_give_the_same_bytes()
    {
        var first = File.ReadAllBytes(_package.Build(name: "first.deb"));
        _package.Touch();
        Assert.Equal(first, File.ReadAllBytes(_package.Build(name: "second.deb")));
    }

    [Fact]
    public void The_parts_list_is_CycloneDX_and_has_every_package_of_the_lock_file_with_its_hash()
    {
        _package.Dpkg("-i", _package.Build());
        var list = JsonNode.Parse(File.ReadAllText(_package.At("usr/share/doc/edge-agent/sbom.cdx.json")))!;
        Assert.Equal(("CycloneDX", "1.6"), (list["bomFormat"]!.GetValue<string>(), list["specVersion"]!.GetValue<string>()));
        Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", list["serialNumber"]!.GetValue<string>());
        var parts = list["components"]!.AsArray();
        var locked = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "Edge.Agent/packages.lock.json")))!["dependencies"]!["net10.0"]!.AsObject()
            .Where(entry => entry.Value!["type"]!.GetValue<string>() != "Project" && !entry.Key.Contains("Analyzers", StringComparison.Ordinal));
        Assert.All(locked, entry => Assert.Contains(parts, part => part!["purl"]?.GetValue<string>() == $"pkg:nuget/{entry.Key}@{entry.Value!["resolved"]}"
            && part["hashes"]![0]!["content"]!.GetValue<string>() == Convert.ToHexStringLower(Convert.FromBase64String(entry.Value["contentHash"]!.GetValue<string>()))));
        Assert.Contains(parts, part => part!["name"]!.GetValue<string>() == "libsodium.so" && part["hashes"]![0]!["alg"]!.GetValue<string>() == "SHA-256");
        var references = parts.Select(part => part!["bom-ref"]!.GetValue<string>()).ToList();
        Assert.Equal(references.Distinct(), references);
    }

    [Fact]
    public void The_manual_has_every_verb_and_every_exit_status()
    {
        _package.Dpkg("-i", _package.Build());
        var manual = DebianPackage.Succeed("zcat", _package.At("usr/share/man/man1/edge-agent.1.gz")).Replace("\\-", "-", StringComparison.Ordinal);
        var verbs = Escapes().Replace(manual, "");
        Assert.All(Enum.GetValues<ExitCode>(), code => Assert.Contains($".TP\n{(int)code} {code}\n", verbs, StringComparison.Ordinal));
        Assert.All(CommandTable.Build().Subcommands, command => Assert.Matches($@"(?m)^{command.Name}\b", verbs));
    }

    [Fact]
    public void A_build_without_OpenCV_says_so() =>
        Assert.Contains("no OpenCV", DebianPackage.Succeed("dpkg-deb", "-f", _package.Build(architecture: "arm64"), "Description"), StringComparison.Ordinal);

    public void Dispose() => _package?.Dispose();

    [GeneratedRegex(@"\\f[BIR]")]
    private static partial Regex Escapes();
}
