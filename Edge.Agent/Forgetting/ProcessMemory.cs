using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Edge.Agent.Forgetting;

/// <summary>The memory of a running process, as whoever has its machine can read it (proc(5), <c>/proc/PID/mem</c>); what of it is swapped out is
/// read too. What is mapped from a file and only read is left out.</summary>
internal sealed class ProcessMemory : IDisposable
{
    private const int Piece = 4 << 20;

    private readonly int _process;
    private readonly SafeFileHandle _memory;

    private ProcessMemory(int process, SafeFileHandle memory) => (_process, _memory) = (process, memory);

    /// <summary>Null where this user may not look, or the process is gone.</summary>
    public static ProcessMemory? TryOpen(int process)
    {
        try
        {
            return new ProcessMemory(process, File.OpenHandle($"/proc/{process}/mem"));
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            return null;
        }
    }

    /// <summary>Takes it piece by piece.</summary>
    /// <param name="overlap">Bytes that each piece repeats of the next, so that nothing hides on a seam.</param>
    /// <param name="take">Gets a piece, how many bytes of it are not repeated by the next, and its address.</param>
    /// <returns>Bytes read.</returns>
    public long Read(int overlap, ReadPiece take)
    {
        var (buffer, read) = (new byte[Piece + overlap], 0L);
        foreach (var (from, to) in Maps())
            for (var at = from; at < to; at += Piece)
            {
                var there = At(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, to - at)));
                if (there == 0) continue;
                read += Math.Min(there, Piece);
                take(buffer.AsSpan(0, there), Math.Min(there, Piece), at);
            }
        Array.Clear(buffer);
        return read;
    }

    /// <summary>What stands at an address.</summary>
    /// <returns>Bytes read; 0 where nothing is, or is any more.</returns>
    public int At(long address, Span<byte> into)
    {
        try
        {
            return RandomAccess.Read(_memory, into, address);
        }
        catch (IOException)
        {
            return 0; // not backed, or gone meanwhile
        }
    }

    public void Dispose() => _memory.Dispose();

    private List<(long From, long To)> Maps()
    {
        var maps = new List<(long, long)>();
        foreach (var line in File.ReadLines($"/proc/{_process}/maps"))
        {
            // 7f1c2d000000-7f1c2d021000 rw-p 00000000 00:00 0    [heap]
            var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            var (rights, name) = (fields[1], fields.Length > 5 ? fields[5].Trim() : "");
            if (rights[0] != 'r' || name.StartsWith("[v", StringComparison.Ordinal)) continue; // vvar, vdso, vsyscall: the kernel's
            if (rights[1] != 'w' && name.StartsWith('/')) continue;
            var ends = fields[0].Split('-').Select(end => long.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            maps.Add((ends[0], ends[1]));
        }
        return maps;
    }

    internal delegate void ReadPiece(ReadOnlySpan<byte> bytes, int own, long address);
}
