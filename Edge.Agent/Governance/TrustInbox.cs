using Edge.Agent.Orders;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Storage.Trust;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Governance;

/// <summary>The folder in which trust files arrive by hand. What was taken from it once stays there and grows old while the broker brings
/// newer ones: offering that again would look like a rollback, every day. So a timestamp that this folder has already given is
/// not offered again; any other is, an older one too, and that is an incident. Not thread-safe.</summary>
internal sealed class TrustInbox(string folder, string stateFolder, TrustWatch trust, ILogger log)
{
    private readonly string _taken = Path.Combine(stateFolder, "trust-taken");
    private string? _last;

    /// <summary>Offers what lies there, unless it was taken before.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void Look(DateTimeOffset now) => Intake.TryTake(() => Offer(now), "what lies in the folder of trust files", log);

    private void Offer(DateTimeOffset now)
    {
        var offered = Digest();
        _last ??= File.Exists(_taken) ? File.ReadAllText(_taken) : "";
        // With nothing in use, a list that a bad copy spoilt, or one that waits for its proof, another look does no harm.
        if (offered is not null && offered == _last && trust.Current is { Targets.RefusedHotlists.Count: 0, Waiting.Count: 0 }) return;
        trust.Refresh(TrustSource.Folder(folder), now);
        if (offered is null || trust.Current?.Targets.File(TrustPath.Timestamp) is not { } inUse || Sha256Hash.Of(inUse.Span).ToString() != offered
            || offered == _last) return;
        DurableFile.Write(_taken, System.Text.Encoding.ASCII.GetBytes(offered));
        _last = offered;
    }

    private string? Digest()
    {
        try
        {
            using var file = PlainFile.OpenRead(Path.Combine(folder, TrustPath.Timestamp));
            if (file.Length > TrustPath.MaxBytes(TrustPath.Timestamp)) return null;
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return Sha256Hash.Of(bytes).ToString();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null; // the look itself says what is wrong
        }
    }
}
