using System.Diagnostics;
using Edge.Tests.Support;

namespace Edge.Tests.Packaging;

/// <summary>The real package around a program of a few bytes: control files, units, scripts and documents as they are shipped.</summary>
internal sealed class DebianPackage : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>An empty Debian system.</summary>
    public string Root => _folder.File("root");

    public DebianPackage()
    {
        foreach (var folder in new[] { "published/models", "published/clip", "root/var/lib/dpkg/info", "root/var/lib/dpkg/updates", "root/etc" })
            Directory.CreateDirectory(_folder.File(folder));
        File.WriteAllText(_folder.File("root/var/lib/dpkg/status"), "");
        foreach (var name in new[] { "edge-agent.dll", "edge-agent.pdb", "createdump", "libmscordaccore.so", "libsodium.so", "models/manifest.json",
            "clip/street.json" })
            File.WriteAllText(_folder.File($"published/{name}"), "{}");
        File.WriteAllText(_folder.File("published/edge-agent"), "#!/bin/sh\n");
        foreach (var (name, line) in new[] { ("passwd", "root:x:0:0:root:/root:/bin/sh\n"), ("group", "root:x:0:\nvideo:x:44:\n") })
            File.WriteAllText(_folder.File($"root/etc/{name}"), line);
    }

    /// <summary>Where dpkg, and what its scripts call, is installed; null, or what is missing.</summary>
    public static string? Missing() => new[] { "/usr/bin/dpkg-deb", "/usr/bin/systemd-sysusers", "/usr/bin/deb-systemd-helper", "/usr/bin/python3" }
        .FirstOrDefault(tool => !File.Exists(tool)) is { } tool ? $"{tool} is not on this machine" : null;

    /// <summary>Builds it.</summary>
    /// <returns>The file.</returns>
    public string Build(string version = "0.1.0", string architecture = "amd64", string name = "a.deb")
    {
        var file = _folder.File(name);
        Succeed("env", "SOURCE_DATE_EPOCH=1767225600", "COMPRESSION=0", Path.Combine(Repository.Root, "package", "assemble.sh"), _folder.File("published"),
            version, architecture, file);
        return file;
    }

    /// <summary>Every published file anew, as another build leaves them: other times, other modes.</summary>
    public void Touch()
    {
        foreach (var file in Directory.EnumerateFiles(_folder.File("published"), "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>dpkg on the empty system; its scripts run here and keep to it by DPKG_ROOT.</summary>
    public (int Code, string Said) Dpkg(params string[] arguments) =>
        Run("env", ["-u", "SYSTEMD_OFFLINE", "PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "dpkg",
        $"--root={Root}", "--force-script-chrootless", "--force-depends", "--force-architecture", "--no-triggers", $"--log={_folder.File("dpkg.log")}",
        .. arguments]);

    public string At(string path) => Path.Combine(Root, path);

    public static string Succeed(string program, params string[] arguments)
    {
        var (code, said) = Run(program, arguments);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)}: {said}");
        return said;
    }

    public static (int Code, string Said) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = process.StandardOutput.ReadToEnd();
#pragma warning disable xUnit1031 // begun above; the process has closed both ends
        said += error.GetAwaiter().GetResult();
#pragma warning restore xUnit1031
        process.WaitForExit();
        return (process.ExitCode, said);
    }

    public void Dispose() => _folder.Dispose();
}
