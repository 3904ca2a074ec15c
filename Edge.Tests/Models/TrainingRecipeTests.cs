using System.Diagnostics;
using Edge.Tests.Support;

namespace Edge.Tests.Models;

/// <summary>The recipe that trains the models has tests of its own, in its own language; they run with all others.</summary>
public sealed class TrainingRecipeTests
{
    // Debian's: the packages that build.sh installs are not seen by other interpreters.
    private const string Python = "/usr/bin/python3";

    public static TheoryData<string> Files =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Models, "training", "tests"), "test_*.py").Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Files))]
    public async Task The_recipe_passes_its_own_tests(string file)
    {
        Assert.SkipUnless(File.Exists(Python), "needs Debian's python3");
        var (imported, _) = await RunAsync("-c", "import cv2, numpy, onnx, PIL, torch");
        Assert.SkipUnless(imported == 0, "needs the packages of ./build.sh train");
        var (exit, output) = await RunAsync("-m", "unittest", Path.Combine("tests", file));
        Assert.True(exit == 0, output);
    }

    private static async Task<(int Exit, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, arguments)
        {
            WorkingDirectory = Path.Combine(Repository.Models, "training"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using var python = Process.Start(start)!;
        var cancel = TestContext.Current.CancellationToken;
        var output = python.StandardOutput.ReadToEndAsync(cancel);
        var errors = python.StandardError.ReadToEndAsync(cancel);
        await python.WaitForExitAsync(cancel);
        return (python.ExitCode, await output + await errors);
    }
}
