using Edge.Storage.Sealing;

namespace Edge.Agent.Hub;

/// <summary>The key that opened the last hit, kept for those that came with it: to read it from its file takes longer than to open a hit. It opens
/// nothing more once its file is destroyed. Not thread-safe.</summary>
internal sealed class KeptKey(IEpochKeys keys)
{
    private RecipientKey? _key;

    /// <summary>The key, or null if it is not here; good until the next call of any method.</summary>
    public RecipientKey? Borrow(string keyId)
    {
        if (_key?.Public.KeyId == keyId && keys.IsHeld(keyId)) return _key;
        Forget();
        return _key = keys.Load(keyId);
    }

    /// <summary>Wipes it.</summary>
    public void Forget()
    {
        _key?.Dispose();
        _key = null;
    }
}
