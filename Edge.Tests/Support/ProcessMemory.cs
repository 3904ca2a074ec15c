using System.Globalization;

namespace Edge.Tests.Support;

/// <summary>The memory of a running process, as whoever has its machine can read it (proc(5), <c>/proc/PID/mem</c>).</summary>
internal static class ProcessMemory
{
    private const int Piece = 4 << 20;

    /// <summary>How often each of these stands in what the process can write to. Null where this user may not look.</summary>
    public static IReadOnlyList<int>? Count(int process, IReadOnlyList<byte[]> wanted)
    {
        var found = new int[wanted.Count];
        var buffer = new byte[Piece];
        try
        {
            using var memory = File.OpenHandle($"/proc/{process}/mem");
            foreach (var line in File.ReadLines($"/proc/{process}/maps"))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (!fields[1].StartsWith("rw", StringComparison.Ordinal) || line.EndsWith("[vvar]", StringComparison.Ordinal)) continue;
                var ends = fields[0].Split('-').Select(end => long.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
                // Pieces overlap, so that nothing hides on a seam; what stands in the overlap may count twice.
                for (var at = ends[0]; at < ends[1]; at += Piece - 64) Count(memory, at, buffer.AsSpan(0, (int)Math.Min(Piece, ends[1] - at)), wanted, found);
            }
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
        return found;
    }

    private static void Count(Microsoft.Win32.SafeHandles.SafeFileHandle memory, long at, Span<byte> buffer, IReadOnlyList<byte[]> wanted, int[] found)
    {
        try
        {
            buffer = buffer[..RandomAccess.Read(memory, buffer, at)];
        }
        catch (IOException)
        {
            return; // not backed, or gone meanwhile
        }
        for (var i = 0; i < wanted.Count; i++)
            for (var left = buffer; left.IndexOf(wanted[i]) is >= 0 and var place; left = left[(place + wanted[i].Length)..])
                found[i]++;
    }
}
