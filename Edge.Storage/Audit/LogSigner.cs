using Edge.Storage.Keys;

namespace Edge.Storage.Audit;

/// <summary>Signs the checkpoints of one log: with the log's key, by which it is known, and under it with the key of the present epoch, which will
/// be destroyed. Not thread-safe.</summary>
/// <param name="key">Borrowed.</param>
/// <param name="epochs">Null for a log without epochs.</param>
internal sealed class LogSigner(string origin, SigningKey key, LogEpochKeys? epochs) : IDisposable
{
    private SigningKey? _ofEpoch;
    private SigningKey? _next;

    /// <summary>The log's own key.</summary>
    public NoteKey Log { get; } = new(origin, key.Public);

    public bool HasEpochs => epochs is not null;

    /// <summary>The number of the present epoch.</summary>
    public long Epoch { get; private set; }

    /// <summary>The present epoch's key; null for a log without epochs, or before <see cref="Take"/>.</summary>
    public NoteKey? EpochKey => _ofEpoch is null ? null : new NoteKey(origin, _ofEpoch.Public);

    public SignedNote Sign(Checkpoint checkpoint)
    {
        var note = SignedNote.Sign(checkpoint.ToText(), origin, key);
        return _ofEpoch is null ? note : note.With(SignedNote.Sign(checkpoint.ToText(), origin, _ofEpoch).Signatures[0]);
    }

    /// <summary>Signs from now on for an epoch.</summary>
    /// <returns>False if its key is not here.</returns>
    /// <exception cref="UnusableKeyException">Its file is damaged.</exception>
    public bool Take(long epoch)
    {
        if (epochs?.Load(epoch) is not { } found) return false;
        _ofEpoch?.Dispose();
        (_ofEpoch, Epoch) = (found, epoch);
        return true;
    }

    /// <summary>Makes the next epoch's key, durably, and says its public half; signs with it only after <see cref="BeginNext"/>.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public VerifyingKey MakeNext()
    {
        _next?.Dispose();
        _next = epochs!.Make(Epoch + 1);
        return _next.Public;
    }

    /// <summary>Destroys the present epoch's key, then signs for the next one.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void BeginNext()
    {
        epochs!.DestroyAllBut(Epoch + 1);
        _ofEpoch?.Dispose();
        (_ofEpoch, _next, Epoch) = (_next, null, Epoch + 1);
    }

    /// <summary>Destroys what a change of epochs that was cut off has left.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public void DestroyOthers() => epochs?.DestroyAllBut(Epoch);

    public void Dispose()
    {
        _ofEpoch?.Dispose();
        _next?.Dispose();
    }
}
