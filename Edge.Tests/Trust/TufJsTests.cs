using System.Diagnostics;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Tests.Trust;

/// <summary>What the writer writes is TUF to somebody else's client. Runs where <c>EDGE_TUF_JS</c> names a folder in
/// which <c>npm install tuf-js</c> was run.</summary>
public sealed class TufJsTests
{
    private static readonly string[] AllTargets = ["policy.json", "operators.json", "recipients.json", "hotlists/riverton.json"];

    [Fact]
    public async Task Tuf_js_accepts_the_repository_after_a_root_rotation_and_refuses_a_changed_hotlist()
    {
        var now = TimeProvider.System.GetUtcNow(); // tuf-js judges expiry by the real clock
        var role = TrustLab.Role(2, SigningKey.Create(), SigningKey.Create(), SigningKey.Create());
        using var lab = new TrustLab(new TrustSigners(role, role, role, role, role));
        lab.Writer = lab.Writer.RotateRoot(TrustSigners.OneKey(SigningKey.Create()), now);
        lab.Publish("é \"two\"", now);

        var (exit, output) = await RunAsync(lab);
        Assert.True(exit == 0, output);
        Assert.Contains("policy.json: policy é \"two\"\n", output, StringComparison.Ordinal);
        Assert.Contains("hotlists/riverton.json: hotlist é \"two\"\n", output, StringComparison.Ordinal);

        var hotlist = Path.Combine(lab.Repository, "hotlists/riverton.json");
        var bytes = await File.ReadAllBytesAsync(hotlist, TestContext.Current.CancellationToken);
        bytes[3] ^= 1;
        await File.WriteAllBytesAsync(hotlist, bytes, TestContext.Current.CancellationToken);
        Assert.Equal(1, (await RunAsync(lab)).Exit);
    }

    private static async Task<(int Exit, string Output)> RunAsync(TrustLab lab)
    {
        var home = Environment.GetEnvironmentVariable("EDGE_TUF_JS");
        if (home is null) Assert.Skip("EDGE_TUF_JS names no folder with tuf-js in it");
        var script = Path.Combine(AppContext.BaseDirectory, "Trust", "tuf-js-check.cjs");
        var root = Path.Combine(lab.Repository, "1.root.json");
        using var node = Process.Start(new ProcessStartInfo("node", [script, home, lab.Repository, root, .. AllTargets])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var cancel = TestContext.Current.CancellationToken;
        var output = node.StandardOutput.ReadToEndAsync(cancel);
        var errors = node.StandardError.ReadToEndAsync(cancel);
        await node.WaitForExitAsync(cancel);
        return (node.ExitCode, await output + await errors);
    }
}
