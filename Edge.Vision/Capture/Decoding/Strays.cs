using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Edge.Vision.Capture.Decoding;

/// <summary>
/// What a decoder that was taken over has started and let leave its group, so that the group's end is not its own. While this process adopts whom its children
/// leave behind, those are its children, and what is neither a decoder nor was there before is such a one. Only for a process that starts nothing but decoders.
/// </summary>
public static partial class Strays
{
    private const int Sigkill = 9, DoNotWait = 1;

    // A kill is done when the kernel has said so; what multiplies faster than this ends with the service.
    private const int MostRounds = 100;

    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Known = [];
    private static bool _adopts;

    /// <summary>From now on the end of each decoder is the end of all that it started, wherever that went.</summary>
    /// <returns>False where the kernel does not let this process adopt.</returns>
    public static bool Adopt(bool whether = true)
    {
        lock (Gate)
        {
            Known.UnionWith(Children());
            const int SetChildSubreaper = 36; // prctl(2)
            var done = ProcessControl(SetChildSubreaper, whether ? 1u : 0) == 0;
            _adopts = whether && done;
            return done;
        }
    }

    /// <summary>Starts a decoder; nobody takes it for a stray.</summary>
    internal static Process? Start(ProcessStartInfo start)
    {
        lock (Gate)
        {
            var process = Process.Start(start);
            if (process is not null) Known.Add(process.Id);
            return process;
        }
    }

    /// <summary>A decoder has ended: ends what it left behind.</summary>
    internal static void End(int decoder)
    {
        lock (Gate)
        {
            Known.Remove(decoder);
            for (var round = 0; _adopts && round < MostRounds; round++)
            {
                // Whom a stray leaves behind is the next round's.
                var strays = Children().Where(child => child != decoder && !Known.Contains(child)).ToList();
                if (strays.Count == 0) return;
                foreach (var stray in strays)
                {
                    _ = Kill(stray, Sigkill);
                    _ = Wait(stray, out _, DoNotWait);
                }
                Thread.Yield();
            }
        }
    }

    /// <summary>Children of this process, ended and not yet waited for or not.</summary>
    private static List<int> Children() => [.. Directory.EnumerateDirectories("/proc/self/task").SelectMany(thread =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(id => int.Parse(id, CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            return []; // the thread has ended meanwhile
        }
    })];

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int ProcessControl(int option, nuint value);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int Wait(int process, out int status, int options);
}
