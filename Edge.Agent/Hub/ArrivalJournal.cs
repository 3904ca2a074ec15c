using System.Security.Cryptography;
using System.Text;
using Edge.Storage.Database;
using Edge.Storage.Files;

namespace Edge.Agent.Hub;

/// <summary>The file <c>arrivals</c> of a hub: lines that are only ever appended, each with a check of its own, so that a torn tail
/// is seen and left out. One file for all boxes: a batch then costs one fsync, whoever sent it. It belongs to one process.</summary>
internal sealed class ArrivalJournal : IDisposable
{
    private const int CheckLength = 6;
    private const string Format = "edge-arrivals-2";
    // It knew no keys: its ids are taken over, and every account begins anew.
    private const string Before = "edge-arrivals-1";
    // Below this a file is not worth writing anew.
    private const long SmallestRewrite = 65_536;

    private readonly string _file;
    private readonly FolderLock _alone;
    private FileStream _appending;
    private long _lines;
    private long _rewriteAt;

    private ArrivalJournal(string file, FolderLock alone) => (_file, _alone, _appending) = (file, alone, null!);

    /// <param name="folder">Made if it is not there, mode 0700.</param>
    /// <param name="apply">Told each line that was kept; false if it means nothing.</param>
    /// <param name="all">Every line that counts, asked for after that and whenever the file is written anew.</param>
    /// <exception cref="StateBusyException">Another hub has it.</exception>
    /// <exception cref="AgencyException">The file is of another kind.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static ArrivalJournal Open(string folder, Func<string, bool> apply, Func<IEnumerable<string>> all)
    {
        DurableFile.MakeFolder(folder);
        var alone = FolderLock.TryTake(folder) ?? throw new StateBusyException(
            $"another hub watch is at work on {folder}: stop it, or let several split the load with --group NAME --member NAME");
        var journal = new ArrivalJournal(Path.Combine(folder, "arrivals"), alone);
        try
        {
            if (journal.Read(apply)) journal.Append();
            else journal.Rewrite(all());
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    /// <summary>When this returns, the lines are on the disk.</summary>
    /// <exception cref="IOException">The disk refuses; some of the lines may be there, and the file is not to be used again until it was opened
    /// anew.</exception>
    public void Write(IReadOnlyCollection<string> lines, Func<IEnumerable<string>> all)
    {
        if (_lines + lines.Count > _rewriteAt)
        {
            // The lines are in `all` already.
            Rewrite(all());
            return;
        }
        var text = new StringBuilder();
        foreach (var line in lines) text.Append(Check(line)).Append(' ').Append(line).Append('\n');
        _appending.Write(Encoding.ASCII.GetBytes(text.ToString()));
        DurableFile.Sync(_appending);
        _lines += lines.Count;
    }

    public void Dispose()
    {
        _appending?.Dispose();
        _alone.Dispose();
    }

    /// <returns>False if there is no file, or not all of it can be used.</returns>
    private bool Read(Func<string, bool> apply)
    {
        if (!File.Exists(_file)) return false;
        var whole = true;
        using (var last = new FileStream(_file, FileMode.Open, FileAccess.Read))
        {
            if (last.Length > 0) last.Seek(-1, SeekOrigin.End);
            whole = last.ReadByte() == '\n';
        }
        var first = true;
        long live = 0;
        foreach (var text in File.ReadLines(_file, Encoding.ASCII))
        {
            _lines++;
            if (first && text.StartsWith("edge-", StringComparison.Ordinal) && text is not (Format or Before))
                throw new AgencyException($"{_file} was written by another version: use that one, or move the file away; what it remembers is then shown again");
            if (first) whole &= text == Format;
            else if (text.Length > CheckLength && text[CheckLength] == ' ' && text[(CheckLength + 1)..] is var line && Check(line) == text[..CheckLength]
                && apply(line)) live++;
            else whole = false;
            first = false;
        }
        _rewriteAt = SmallestRewrite + 2 * live;
        return whole && !first;
    }

    private void Rewrite(IEnumerable<string> lines)
    {
        _appending?.Dispose();
        _lines = 1;
        DurableFile.Write(_file, stream =>
        {
            using var text = new StreamWriter(stream, Encoding.ASCII, 64 * 1024, leaveOpen: true) { NewLine = "\n" };
            text.WriteLine(Format);
            foreach (var line in lines)
            {
                text.WriteLine($"{Check(line)} {line}");
                _lines++;
            }
        });
        _rewriteAt = SmallestRewrite + 2 * _lines;
        Append();
    }

    private void Append() => _appending = new FileStream(_file, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);

    private static string Check(string line) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(line)))[..CheckLength];
}
