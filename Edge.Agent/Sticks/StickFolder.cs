using System.Security.Cryptography;
using Edge.Storage.Files;

namespace Edge.Agent.Sticks;

/// <summary>The one folder of a stick that is looked into, <c>edge</c>. It is opened once, without following a link, and everything is reached
/// through what is open: whatever is done to the names meanwhile, nothing outside it is read or written. Only names that are made here
/// are asked for; what else lies there, and under what names, is never listed.</summary>
internal sealed class StickFolder : IDisposable
{
    /// <summary>The folder.</summary>
    public const string Name = "edge";

    /// <summary>What the name of an order ends in: <c>BOX.order</c> is taken before <c>export.order</c>, so that one stick may serve many boxes.</summary>
    public const string OrderEnding = ".order";

    private const string AnswerEnding = ".json";

    // A public bundle: whoever reads the stick elsewhere is another user.
    private const UnixFileMode ForAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly HeldFolder _folder;
    private readonly DurableSteps _steps;

    private StickFolder(HeldFolder folder, DurableSteps steps) => (_folder, _steps) = (folder, steps);

    /// <summary>Opens the folder of a stick.</summary>
    /// <param name="root">Where the stick is mounted.</param>
    /// <param name="problem">One of <see cref="StickOffer.Problems"/>.</param>
    public static StickFolder? Open(string root, out string problem, DurableSteps? steps = null)
    {
        problem = StickOffer.NoOrder;
        if (HeldFolder.TryOpen(root, Name, out var folder) is var found && found == Opened.Yes) return new StickFolder(folder!, steps ?? DurableSteps.Disk);
        if (found == Opened.OtherKind) problem = StickOffer.NotPlain;
        else if (found == Opened.Failed) problem = StickOffer.Unreadable;
        return null;
    }

    /// <summary>Reads what lies where an order for a box lies.</summary>
    /// <param name="most">Bytes; what is larger is not read at all.</param>
    /// <returns>Null with a problem.</returns>
    public byte[]? ReadOrder(string box, int most, out string? problem)
    {
        foreach (var name in new[] { box + OrderEnding, "export" + OrderEnding })
        {
            problem = _folder.TryOpenFile(name, out var file) switch
            {
                Opened.Absent => StickOffer.NoOrder,
                Opened.OtherKind => StickOffer.NotPlain,
                Opened.Failed => StickOffer.Unreadable,
                _ => null,
            };
            if (problem == StickOffer.NoOrder) continue;
            if (problem is not null) return null;
            using (file) return Read(file!, most, out problem);
        }
        problem = StickOffer.NoOrder;
        return null;
    }

    /// <summary>Writes a bundle and the answer beside it: each under another name first, synced, renamed, and the folder synced. The answer is
    /// the last; where it lies, the bundle is whole.</summary>
    /// <param name="file">The bundle's name without its ending.</param>
    /// <param name="fill">Writes the bundle, and then says its answer and its digest.</param>
    /// <exception cref="IOException">It is full, write-protected, failing or gone; what was begun is removed again as far as it lets itself be.</exception>
    public void Write(string file, Func<Stream, (byte[] Answer, byte[] Digest)> fill)
    {
        var (bundle, answer) = (_folder.PathOf(file + StickDesk.BundleEnding), _folder.PathOf(file + AnswerEnding));
        var making = _folder.PathOf(Name + DurableFile.TemporarySuffix); // always the same: what a pulled stick was left with goes at the next
        if (_folder.Has(file + StickDesk.BundleEnding) || _folder.Has(file + AnswerEnding)) throw new IOException("it has a bundle of this second already");
        try
        {
            Remove(making);
            byte[] said = [];
            _steps.WritePieces(making, stream =>
            {
                using var hash = SHA256.Create();
                using var counted = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true);
                var (answered, digest) = fill(counted);
                counted.FlushFinalBlock();
                if (!hash.Hash.AsSpan().SequenceEqual(digest)) throw new IOException("what arrived is not what was sent");
                said = answered;
            }, ForAll);
            _steps.Rename(making, bundle);
            _steps.SyncFolder(_folder.Path);
            _steps.Write(making, said, ForAll);
            _steps.Rename(making, answer);
            _steps.SyncFolder(_folder.Path);
        }
        catch
        {
            foreach (var left in new[] { making, answer, bundle })
                try
                {
                    Remove(left);
                }
                catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
                {
                    // It is gone, or write-protected by now: a bundle without its answer is none.
                }
            throw;
        }
    }

    // A link is removed and not what it points to. A folder is not removed: then it is no stick that can be written to.
    private void Remove(string path)
    {
        if (Directory.Exists(path) && new DirectoryInfo(path).LinkTarget is null) throw new IOException("there is a folder where a file is to be written");
        _steps.Delete(path);
    }

    private static byte[]? Read(FileStream file, int most, out string? problem)
    {
        problem = null;
        try
        {
            var length = file.Length;
            if (length > most) problem = StickOffer.TooLarge;
            if (length == 0) problem = StickOffer.NoOrder;
            if (problem is not null) return null;
            var bytes = new byte[length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (IOException)
        {
            problem = StickOffer.Unreadable;
            return null;
        }
    }

    public void Dispose() => _folder.Dispose();
}
