namespace Edge.Storage.Keys;

/// <summary>Where the wrapping key came from.</summary>
public enum WrappingKeySource
{
    /// <summary>The systemd credential <c>edge-agent.wrap</c>, bound to the TPM where the machine has one.</summary>
    Credential,

    /// <summary>A plain file beside the keys: whoever takes the disk takes it too. For the demo and the bench.</summary>
    StateDirectory,
}
