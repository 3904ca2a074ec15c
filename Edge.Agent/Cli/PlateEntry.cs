using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Edge.Vision.Recognition;

namespace Edge.Agent.Cli;

/// <summary>Takes one plate from a person or a pipe, never from the command line, which every user of the machine can
/// read. What was typed is wiped.</summary>
internal static class PlateEntry
{
    private const int MaxTyped = 64;

    /// <summary>Asks on the terminal, unseen and twice; where standard input is no terminal its one line is read.</summary>
    public static bool TryAsk([NotNullWhen(true)] out PlateText? plate, out string problem)
    {
        if (Console.IsInputRedirected)
        {
            // Not Console.In: its buffers could not be wiped.
            using var input = Console.OpenStandardInput();
            return TryRead(input, out plate, out problem);
        }
        if (!TryType("plate (not shown): ", out plate, out problem)) return false;
        if (TryType("again: ", out var again, out problem))
            using (again)
                if (again.Equals(plate)) return true;
        plate.Dispose();
        plate = null;
        if (problem.Length == 0) problem = "the two are not the same";
        return false;
    }

    /// <summary>The one line of <paramref name="input"/>.</summary>
    public static bool TryRead(Stream input, [NotNullWhen(true)] out PlateText? plate, out string problem)
    {
        Span<byte> read = stackalloc byte[MaxTyped + 1];
        Span<char> typed = stackalloc char[MaxTyped + 1];
        try
        {
            var length = input.ReadAtLeast(read, read.Length, throwOnEndOfStream: false);
            Encoding.ASCII.GetChars(read[..length], typed);
            plate = null;
            problem = "more than one line came from standard input: give one plate";
            return length <= MaxTyped && typed[..length].TrimEnd("\r\n") is var line && !line.Contains('\n') && TryParse(line, out plate, out problem);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(read);
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(typed));
        }
    }

    private static bool TryType(string question, [NotNullWhen(true)] out PlateText? plate, out string problem)
    {
        Span<char> typed = stackalloc char[MaxTyped];
        var length = 0;
        using var open = Interruption.Question();
        Console.Error.Write(question);
        try
        {
            while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
                if (key.Key == ConsoleKey.Backspace) length = Math.Max(0, length - 1);
                else if (length < MaxTyped && !char.IsControl(key.KeyChar)) typed[length++] = key.KeyChar;
            Console.Error.WriteLine();
            return TryParse(typed[..length], out plate, out problem);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(typed));
        }
    }

    private static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out PlateText? plate, out string problem)
    {
        problem = PlateText.TryParse(text, out plate) ? "" : "not a plate: 1 to 16 letters A-Z and digits, separators aside";
        return plate is not null;
    }
}
