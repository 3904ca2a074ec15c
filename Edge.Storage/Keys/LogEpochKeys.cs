using System.Globalization;
using System.Security.Cryptography;
using Edge.Storage.Files;

namespace Edge.Storage.Keys;

/// <summary>The keys of the audit log's epochs, each in a wrapped file of its own: one exists at a time, and beside it the next for as long as
/// the log takes to name it. One that is destroyed signs nothing any more, whoever takes the box. The log says which is in use. Not
/// thread-safe.</summary>
public sealed class LogEpochKeys
{
    private const string FirstName = "first";

    private readonly string _folder;
    private readonly WrappingKey _wrapping;
    private readonly DurableSteps _steps;

    private LogEpochKeys(string folder, WrappingKey wrapping, DurableSteps steps, VerifyingKey first) =>
        (_folder, _wrapping, _steps, First) = (folder, wrapping, steps, first);

    /// <summary>The public half of epoch 0's key, kept for ever: what auditors are given.</summary>
    public VerifyingKey First { get; }

    /// <summary>Opens the folder; where there is none, makes it with mode 0700 and the key of epoch 0.</summary>
    /// <remarks>Borrows <paramref name="wrapping"/>; the caller still disposes it, after this.</remarks>
    /// <exception cref="UnusableKeyException">A file is damaged, or missing while others are there.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    public static LogEpochKeys Open(string folder, WrappingKey wrapping) => Open(folder, wrapping, DurableSteps.Disk);

    internal static LogEpochKeys Open(string folder, WrappingKey wrapping, DurableSteps steps)
    {
        ArgumentNullException.ThrowIfNull(wrapping);
        steps.MakeFolder(folder);
        var file = Path.Combine(folder, FirstName);
        if (!File.Exists(file))
        {
            // The public half is written last: without it no key here has signed anything.
            if (Numbers(folder).Any(number => number > 0))
                throw new UnusableKeyException($"{file} is missing: restore it, or remove the state folder and enrol the box again");
            using var key = Create(Path.Combine(folder, "0"), 0, wrapping, steps);
            steps.Replace(file, key.Public.Raw);
        }
        try
        {
            return new LogEpochKeys(folder, wrapping, steps, VerifyingKey.FromRaw(File.ReadAllBytes(file)));
        }
        catch (FormatException)
        {
            throw new UnusableKeyException($"{file} is damaged: restore it, or remove the state folder and enrol the box again");
        }
    }

    /// <summary>The key of an epoch, which the caller disposes; null if it is not here.</summary>
    /// <exception cref="UnusableKeyException">Its file is damaged, or wrapped under another key.</exception>
    internal SigningKey? Load(long epoch)
    {
        var file = new FileInfo(PathOf(epoch));
        if (!file.Exists) return null;
        if (file.Length != WrappingKey.WrappedSize || !_wrapping.TryUnwrap(Label(epoch), File.ReadAllBytes(file.FullName), out var seed))
            throw new UnusableKeyException($"{file.FullName} is damaged or wrapped under another key: restore it; without it this log cannot go on");
        try
        {
            return SigningKey.FromSeed(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Makes the key of an epoch, durably, in place of one that was made and never named; the caller disposes it.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    internal SigningKey Make(long epoch)
    {
        _steps.Destroy(PathOf(epoch));
        return Create(PathOf(epoch), epoch, _wrapping, _steps);
    }

    /// <summary>Destroys every key but that of <paramref name="epoch"/>: overwritten, synced, unlinked.</summary>
    /// <exception cref="IOException">One could not be; it may still be there.</exception>
    internal void DestroyAllBut(long epoch)
    {
        foreach (var number in Numbers(_folder).Where(number => number != epoch).Order().ToList()) _steps.Destroy(PathOf(number));
    }

    private static SigningKey Create(string path, long epoch, WrappingKey wrapping, DurableSteps steps)
    {
        var key = SigningKey.Create();
        var seed = key.ExportSeed();
        try
        {
            steps.Replace(path, wrapping.Wrap(Label(epoch), seed));
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    // A write that was cut off has left a temporary file: it is its key's.
    private static IEnumerable<long> Numbers(string folder) => Directory.EnumerateFiles(folder).Select(Path.GetFileName)
        .Select(name => name!.EndsWith(DurableFile.TemporarySuffix, StringComparison.Ordinal) ? name[..^DurableFile.TemporarySuffix.Length] : name)
        .Select(name => long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
        .Where(number => number >= 0).Distinct();

    private static string Label(long epoch) => string.Create(CultureInfo.InvariantCulture, $"log epoch {epoch}");

    private string PathOf(long epoch) => Path.Combine(_folder, epoch.ToString(CultureInfo.InvariantCulture));
}
