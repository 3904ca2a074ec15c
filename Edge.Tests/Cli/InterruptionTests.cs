using System.Diagnostics;
using Edge.Agent.Cli;
using Edge.Tests.Support;

namespace Edge.Tests.Cli;

/// <summary>Ctrl-C, in a terminal of its own.</summary>
public sealed class InterruptionTests : IDisposable
{
    private const char CtrlC = '\x03';

    private readonly TemporaryFolder _folder = new();
    private string _heard = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task At_a_question_it_ends_the_program_at_once_and_nothing_was_made()
    {
        using var terminal = Terminal("hub", "key", _folder.File("k.key"));
        var said = await ReadUntilAsync(terminal, "at least 12 characters");
        terminal.StandardInput.Write(CtrlC);
        said += await terminal.StandardOutput.ReadToEndAsync(Cancel);
        await terminal.WaitForExitAsync(Cancel);
        Assert.True((int)ExitCode.Interrupted == terminal.ExitCode, said);
        Assert.Contains("stopped before it was done", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", said, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("k.key")));
    }

    [Fact]
    public async Task A_passphrase_that_is_too_short_or_typed_differently_is_asked_for_again()
    {
        using var terminal = Terminal("hub", "key", _folder.File("k.key"));
        await ReadUntilAsync(terminal, "at least 12 characters");
        terminal.StandardInput.Write("short\r");
        await ReadUntilAsync(terminal, "too short");
        await ReadUntilAsync(terminal, "at least 12 characters");
        terminal.StandardInput.Write("long enough it is\r");
        await ReadUntilAsync(terminal, "Once more");
        terminal.StandardInput.Write("but not the same\r");
        await ReadUntilAsync(terminal, "differ");
        await ReadUntilAsync(terminal, "at least 12 characters");
        terminal.StandardInput.Write("long enough it is\r");
        await ReadUntilAsync(terminal, "Once more");
        terminal.StandardInput.Write("long enough it is\r");
        await terminal.StandardOutput.ReadToEndAsync(Cancel);
        await terminal.WaitForExitAsync(Cancel);
        Assert.Equal((0, true), (terminal.ExitCode, File.Exists(_folder.File("k.key"))));
    }

    // script(1) of bsdutils gives the program a terminal, types what it is sent, and ends with the program's code.
    private static Process Terminal(params string[] arguments)
    {
        var terminal = Process.Start(new ProcessStartInfo("env",
            ["--default-signal=INT", "script", "-qec", string.Join(' ', arguments.Prepend(EdgeAgent.Program)), "/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        terminal.StandardInput.AutoFlush = true;
        return terminal;
    }

    /// <summary>What was said up to these words; what came with them counts for the next.</summary>
    private async Task<string> ReadUntilAsync(Process terminal, string words)
    {
        var read = new char[1024];
        while (!_heard.Contains(words, StringComparison.Ordinal))
        {
            var count = await terminal.StandardOutput.ReadAsync(read, Cancel);
            Assert.True(count > 0, $"it ended without \"{words}\": {_heard}");
            _heard += new string(read, 0, count);
        }
        var end = _heard.IndexOf(words, StringComparison.Ordinal) + words.Length;
        var said = _heard[..end];
        _heard = _heard[end..];
        return said;
    }
}
