namespace Edge.Tests.Packaging;

/// <summary>systemd's own judge of units.</summary>
internal static class SystemdAnalyze
{
    public const string Program = "/usr/bin/systemd-analyze";

    /// <summary>Skips the test where there is no systemd to be had. On a Debian system <c>build.sh test</c> installs it, so there its absence fails: what holds
    /// the units' bounds is never passed over in silence.</summary>
    public static void Need()
    {
        if (File.Exists(Program)) return;
        Assert.False(File.Exists("/usr/bin/dpkg-query"), "systemd-analyze is missing: apt-get install systemd, as ./build.sh test does");
        Assert.Skip("this system has no systemd");
    }
}
