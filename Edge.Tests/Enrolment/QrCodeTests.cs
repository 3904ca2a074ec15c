using System.Diagnostics;
using Edge.Agent.Enrolment;
using Edge.Tests.Support;
using OpenCvSharp;

namespace Edge.Tests.Enrolment;

/// <summary>The QR code as a terminal shows it, scanned by a program that knows nothing of us.</summary>
public sealed class QrCodeTests : IDisposable
{
    private const string Scanner = "/usr/bin/zbarimg", Terminal = "/usr/bin/script";
    private const int Pixels = 6; // a module

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_scanner_reads_off_the_terminal_is_the_request_byte_for_byte(bool darkTerminal)
    {
        Assert.SkipUnless(File.Exists(Scanner) && File.Exists(Terminal), "needs zbar-tools and script(1)");
        var setup = $"{EdgeAgent.Program} setup --folder {_folder.File("box")} --agency riverton --box box-1 --request {_folder.File("request.json")} --offline --wrap file </dev/null";
        var shown = await RunAsync(Terminal, "-qec", $"stty cols 120; {setup}", "/dev/null");
        using (var photograph = Photographed(System.Text.Encoding.UTF8.GetString(shown), darkTerminal))
            Assert.True(Cv2.ImWrite(_folder.File("terminal.png"), photograph));

        var scanned = await RunAsync(Scanner, "--quiet", "--raw", "--oneshot", "-Sbinary", "-Stest-inverted", _folder.File("terminal.png"));

        Assert.Equal(await File.ReadAllBytesAsync(_folder.File("request.json"), TestContext.Current.CancellationToken), scanned);
        Assert.True(EnrolmentRequest.TryParse(scanned, out var request, out _));
        Assert.Contains($"{request.Fingerprint}", System.Text.Encoding.UTF8.GetString(shown), StringComparison.Ordinal);
    }

    // Two modules a character, as light as the terminal's letters are.
    private static Mat Photographed(string screen, bool darkTerminal)
    {
        var lines = screen.Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 40 && line.All("█▀▄ ".Contains)).ToList();
        Assert.NotEmpty(lines);
        var (letters, ground) = darkTerminal ? (Scalar.White, Scalar.Black) : (Scalar.Black, Scalar.White);
        var picture = new Mat((lines.Count + 4) * 2 * Pixels, (lines[0].Length + 8) * Pixels, MatType.CV_8UC1, ground);
        foreach (var (y, line) in lines.Index())
            foreach (var (x, character) in line.Index())
                for (var half = 0; half < 2; half++)
                    if (character == '█' || character == "▀▄"[half])
                        picture.Rectangle(new Rect((x + 4) * Pixels, ((y + 2) * 2 + half) * Pixels, Pixels, Pixels), letters, -1);
        return picture;
    }

    private static async Task<byte[]> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
            { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        var complaints = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var said = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(said, TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await complaints;
        return said.ToArray();
    }
}
