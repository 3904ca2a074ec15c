using System.Diagnostics;
using System.Globalization;
using Edge.Agent.Cli;

namespace Edge.Tests.Support;

/// <summary>The real program, run as a technician would.</summary>
internal static class EdgeAgent
{
    /// <summary>Runs it to its end.</summary>
    public static async Task<Ended> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Ended((ExitCode)process.ExitCode, await output, await error);
    }

    /// <summary>Starts it; the caller ends and disposes it.</summary>
    public static Process Start(params string[] arguments) => Start(Program, arguments);

    /// <summary>The same as a terminal would: what runs in the background ignores Ctrl-C, and its children inherit that.</summary>
    public static Process StartInForeground(params string[] arguments) => Start("env", ["--default-signal=INT", Program, .. arguments]);

    /// <summary>With a managed heap of at most so many MiB: what needs more ends.</summary>
    public static Process StartWithin(int mebibytes, params string[] arguments) =>
        Start("env", [string.Create(CultureInfo.InvariantCulture, $"DOTNET_GCHeapHardLimit=0x{(long)mebibytes << 20:x}"), Program, .. arguments]);

    public static string Program => Path.Combine(AppContext.BaseDirectory, "edge-agent");

    private static Process Start(string program, string[] arguments) => Process.Start(new ProcessStartInfo(program, arguments)
    {
        RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
    })!;

    public sealed record Ended(ExitCode Code, string Output, string Error);
}
