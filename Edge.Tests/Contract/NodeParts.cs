using System.Diagnostics;
using Edge.Tests.Support;

namespace Edge.Tests.Contract;

/// <summary>Programs of other people's parts, run where <c>EDGE_HUB_JS</c> names a folder with <c>interop/package-lock.json</c> installed:
/// <c>build.sh test</c> makes one where node and npm are. Elsewhere the test is skipped.</summary>
internal static class NodeParts
{
    /// <summary>Starts a program of the checkout beside those parts; the caller ends and disposes it.</summary>
    public static Process Start(string program, params string[] arguments)
    {
        var home = Environment.GetEnvironmentVariable("EDGE_HUB_JS");
        if (home is null) Assert.Skip("EDGE_HUB_JS names no folder with mqtt, jose and @hpke in it: ./build.sh test makes one where node and npm are");
        File.Copy(Path.Combine(Repository.Root, program), Path.Combine(home, Path.GetFileName(program)), overwrite: true);
        return Process.Start(new ProcessStartInfo("node", [Path.GetFileName(program), .. arguments])
        {
            WorkingDirectory = home, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
    }

    /// <summary>Runs one of <c>interop/</c> to its end.</summary>
    /// <returns>What it wrote to standard output.</returns>
    public static async Task<string> RunAsync(string script, string? input, params string[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var node = Start(Path.Combine("Edge.Tests", "Contract", "interop", script), arguments);
        await node.StandardInput.WriteAsync(input.AsMemory(), cancel);
        node.StandardInput.Close();
        var output = node.StandardOutput.ReadToEndAsync(cancel);
        var error = await node.StandardError.ReadToEndAsync(cancel);
        await node.WaitForExitAsync(cancel);
        Assert.True(node.ExitCode == 0, error);
        return (await output).Trim();
    }
}
