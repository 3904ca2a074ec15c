namespace Edge.Tests.Packaging;

/// <summary>Installed, upgraded, removed and purged by the real dpkg on a system of its own.</summary>
public sealed class MaintainerScriptTests : IDisposable
{
    private readonly DebianPackage _package;

    public MaintainerScriptTests()
    {
        if (DebianPackage.Missing() is { } missing) Assert.Skip(missing);
        if (Environment.UserName != "root") Assert.Skip("dpkg installs as root only");
        _package = new DebianPackage();
    }

    [Fact]
    public void An_installation_makes_the_user_and_the_unit_s_link_and_no_folder_that_a_box_would_have()
    {
        Install("1.0.0");
        Assert.Matches("(?m)^edge-agent:x:[0-9]+:[0-9]+:Edge plate reader:/var/lib/edge-agent:/usr/sbin/nologin$", Read("etc/passwd"));
        Assert.Matches("(?m)^edge-vision:x:[0-9]+:[0-9]+:Edge plate reader, the room that sees:/:/usr/sbin/nologin$", Read("etc/passwd"));
        Assert.Matches("(?m)^video:x:44:edge-vision$", Read("etc/group"));
        foreach (var unit in new[] { "edge-agent", "edge-vision" })
            Assert.NotNull(new FileInfo(_package.At($"etc/systemd/system/multi-user.target.wants/{unit}.service")).LinkTarget);
        Assert.False(Path.Exists(_package.At("etc/edge")) || Path.Exists(_package.At("var/lib/edge-agent")));
    }

    [Fact]
    public void An_upgrade_keeps_keys_configuration_and_log_and_is_no_new_enrolment()
    {
        Install("1.0.0");
        Enrol();
        Assert.DoesNotContain("unsafe", Install("1.1.0"), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(_package.At("etc/edge/edge.json")));
        Assert.Equal("configuration keys wrapping tls log hits", string.Join(' ', Left()));
        Assert.Equal("1.1.0", Version());
    }

    [Theory]
    [InlineData("rtsp://camera.lan/stream", false, "network-camera.conf")]
    [InlineData("/dev/video0", true, "local-camera.conf")]
    [InlineData("/srv/recording.mp4", false, "")]
    public void An_upgrade_from_before_there_were_two_rooms_opens_to_the_new_one_what_its_cameras_need(string source, bool hadLocalCamera, string expected)
    {
        Install("1.0.0");
        Write("etc/edge/edge.json", $$"""{ "cameras": [{ "name": "a", "source": "{{source}}" }] }""");
        if (hadLocalCamera) Write("etc/systemd/system/edge-agent.service.d/local-camera.conf", "[Service]");
        Install("1.1.0");
        var opened = _package.At("etc/systemd/system/edge-vision.service.d");
        Assert.Equal(expected, Directory.Exists(opened) ? string.Join(' ', Directory.EnumerateFiles(opened).Select(Path.GetFileName)) : "");
        Assert.False(File.Exists(_package.At("etc/systemd/system/edge-agent.service.d/local-camera.conf")));
    }

    [Fact]
    public void A_downgrade_is_refused_and_changes_nothing()
    {
        Install("1.1.0");
        Enrol();
        var (code, said) = _package.Dpkg("-i", _package.Build("1.0.0", name: "old.deb"));
        Assert.NotEqual(0, code);
        Assert.Contains("version 1.1.0 has been here and 1.0.0 is older", said, StringComparison.Ordinal);
        Assert.Equal("1.1.0", Version());
        Assert.Equal("configuration keys wrapping tls log hits", string.Join(' ', Left()));
    }

    [Fact]
    public void A_downgrade_over_what_a_removed_version_left_is_refused_too()
    {
        Install("1.1.0");
        Enrol();
        Succeed("--remove", "edge-agent");
        Assert.NotEqual(0, _package.Dpkg("-i", _package.Build("1.0.0", name: "old.deb")).Code);
        Install("1.1.0");
        Assert.Equal("configuration keys wrapping tls log hits", string.Join(' ', Left()));
    }

    [Fact]
    public void A_removal_keeps_everything_and_a_purge_leaves_the_log_alone()
    {
        Install("1.0.0");
        Enrol();
        Succeed("--remove", "edge-agent");
        Assert.Equal("configuration keys wrapping tls log hits", string.Join(' ', Left()));
        var said = Succeed("--purge", "edge-agent");
        Assert.Equal("log", string.Join(' ', Left()));
        Assert.Contains("the audit log stays in /var/lib/edge-agent/audit", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_purge_overwrites_the_keys_before_it_removes_them()
    {
        Install("1.0.0");
        Enrol();
        using var still = File.OpenRead(_package.At("var/lib/edge-agent/keys/message.key")); // a file that is open is there when its name is gone
        Succeed("--purge", "edge-agent");
        var bytes = new byte[8];
        Assert.All(bytes[..still.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)], value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_purge_wipes_keys_that_the_configuration_has_elsewhere_and_follows_no_link()
    {
        Install("1.0.0");
        Enrol();
        Write("etc/edge/edge.json", """{ "stateFolder": "/data/edge", "enrolmentFolder": "/data/papers" }""");
        Write("data/edge/keys/message.key", "secret");
        Write("data/edge/notes", "kept");
        Write("data/papers/box.key", "secret");
        Write("data/other", "kept");
        File.CreateSymbolicLink(_package.At("var/lib/edge-agent/keys/link"), _package.At("data/other"));
        Directory.CreateSymbolicLink(_package.At("var/lib/edge-agent/keys/folder"), _package.At("data"));
        Succeed("--purge", "edge-agent");
        Assert.False(File.Exists(_package.At("data/edge/keys/message.key")) || File.Exists(_package.At("data/papers/box.key")));
        Assert.Equal(("kept", "kept"), (Read("data/edge/notes"), Read("data/other")));
    }

    public void Dispose() => _package?.Dispose();

    private void Enrol()
    {
        Write("etc/edge/edge.json", "{}");
        Write("etc/edge/enrolment/box.key", "secret");
        Write("etc/credstore.encrypted/edge-agent.wrap", "secret");
        Write("var/lib/edge-agent/keys/message.key", "secret!!");
        Write("var/lib/edge-agent/audit/checkpoint", "log");
        Write("var/lib/edge-agent/state.db", "hits");
    }

    private IEnumerable<string> Left() => new[]
    {
        ("configuration", "etc/edge/edge.json"), ("keys", "var/lib/edge-agent/keys/message.key"), ("wrapping", "etc/credstore.encrypted/edge-agent.wrap"),
        ("tls", "etc/edge/enrolment/box.key"), ("log", "var/lib/edge-agent/audit/checkpoint"), ("hits", "var/lib/edge-agent/state.db"),
    }.Where(part => File.Exists(_package.At(part.Item2))).Select(part => part.Item1);

    private string Version() => DebianPackage.Succeed("dpkg-query", $"--root={_package.Root}", "-W", "-f=${Version}", "edge-agent");

    private string Install(string version) => Succeed("-i", _package.Build(version, name: $"{version}.deb"));

    private string Succeed(params string[] arguments)
    {
        var (code, said) = _package.Dpkg(arguments);
        Assert.True(code == 0, said);
        return said;
    }

    private string Read(string path) => File.ReadAllText(_package.At(path));

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_package.At(path))!);
        File.WriteAllText(_package.At(path), text);
    }
}
