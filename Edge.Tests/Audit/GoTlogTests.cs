using System.Diagnostics;
using System.Globalization;
using Edge.Storage.Audit;
using Edge.Storage.Keys;
using Edge.Tests.Support;

namespace Edge.Tests.Audit;

/// <summary>An exported log is C2SP to somebody else's code: <c>golang.org/x/mod/sumdb</c> verifies its checkpoint, every leaf, and the
/// proofs that the log makes, and makes the same. Debian has it as <c>golang-go</c> and <c>golang-golang-x-mod-dev</c>.</summary>
public sealed class GoTlogTests : IDisposable
{
    private const string GoPath = "/usr/share/gocode";

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "logcheck");
    private static readonly Lazy<Task> Built = new(BuildAsync);

    private readonly LogLab _lab = new();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _lab.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(256)]
    [InlineData(700)]
    [InlineData(66_000)] // three levels of tiles
    public async Task Other_people_s_tools_verify_an_exported_log_and_make_the_same_proofs(int size)
    {
        await ProgramAsync();
        long[] indices = [.. new long[] { 0, 1, size / 3, 255, 256, 511, 65_535, 65_536, size - 1 }.Where(index => index < size).Distinct()];
        long[] older = [.. new long[] { 1, 2, size / 2, 256, 257, 65_536, size - 1, size }.Where(old => old >= 1 && old <= size).Distinct()];
        var checkpoint = Export(size, indices, older);
        var (exit, output, error) = await RunAsync(_lab.Vkey);
        Assert.True(exit == 0, error);
        Assert.Equal($"checkpoint {size} {checkpoint.Root}\nentries {size}\ninclusion {indices.Length}\nconsistency {older.Length}\n", output);
    }

    [Fact]
    public async Task Other_people_s_tools_refuse_what_was_changed()
    {
        await ProgramAsync();
        Export(300, [7], [100]);
        using (var other = SigningKey.Create())
            Assert.Equal(1, (await RunAsync(new NoteKey(LogLab.Origin, other.Public).ToString())).Exit);
        foreach (var file in new[] { "log/tile/entries/000", "log/tile/0/001.p/44", "log/checkpoint" })
        {
            var path = _folder.File(file);
            var right = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            var wrong = right.ToArray();
            wrong[40] ^= 1;
            await File.WriteAllBytesAsync(path, wrong, TestContext.Current.CancellationToken);
            Assert.Equal(1, (await RunAsync(_lab.Vkey)).Exit);
            await File.WriteAllBytesAsync(path, right, TestContext.Current.CancellationToken);
        }
        var (exit, _, error) = await RunAsync(_lab.Vkey);
        Assert.True(exit == 0, error);
    }

    /// <summary>The log's copy, and beside it what it proves.</summary>
    private Checkpoint Export(int size, long[] indices, long[] older)
    {
        using var log = _lab.Open();
        // A disclosure is a file of its own, and no part of what is verified here.
        log.AppendMany([.. LogLab.Entries(size).Select(entry => entry with { Case = null })]);
        Directory.CreateDirectory(_folder.File("proofs"));
        foreach (var index in indices) Write($"index.{index}", log.ProveInclusion(index).Hashes);
        foreach (var old in older)
            Write($"old.{old}", log.ProveConsistency(old), new Checkpoint(LogLab.Origin, old, log.RootAt(old)).ToText() + "\n");
        return log.CopyTo(_folder.File("log"));
    }

    private void Write(string name, IReadOnlyList<Sha256Hash> proof, string before = "") => File.WriteAllText(
        _folder.File($"proofs/{name}"), before + string.Concat(proof.Select(hash => string.Create(CultureInfo.InvariantCulture, $"{hash}\n"))));

    private static Task ProgramAsync()
    {
        Assert.SkipWhen(Go is null || !Directory.Exists($"{GoPath}/src/golang.org/x/mod/sumdb/tlog"),
            "needs Debian's golang-go and golang-golang-x-mod-dev: ./build.sh test installs them where it can");
        return Built.Value;
    }

    private static string? Go =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "go")).FirstOrDefault(File.Exists);

    private static async Task BuildAsync()
    {
        var start = new ProcessStartInfo(Go!, ["build", "-o", Program, Path.Combine(Repository.Root, "Edge.Tests/Audit/interop/logcheck.go")])
        {
            Environment =
            {
                ["GO111MODULE"] = "off", ["GOPATH"] = GoPath, ["GOFLAGS"] = "", ["CGO_ENABLED"] = "0",
                ["GOCACHE"] = Path.Combine(AppContext.BaseDirectory, "go-cache"),
            },
        };
        var (exit, _, error) = await RunAsync(start);
        Assert.True(exit == 0, error);
    }

    private Task<(int Exit, string Output, string Error)> RunAsync(string vkey) =>
        RunAsync(new ProcessStartInfo(Program, [_folder.File("log"), vkey, _folder.File("proofs")]));

    private static async Task<(int Exit, string Output, string Error)> RunAsync(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = await process.StandardError.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        return (process.ExitCode, await output, error);
    }
}
