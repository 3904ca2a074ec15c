namespace Edge.Storage.Sealing;

/// <summary>What one blinded plate costs: Argon2id's parameters (RFC 9106), as a hotlist names them.</summary>
/// <param name="MemoryKiB">Memory, in KiB: 7168 to 262144.</param>
/// <param name="Passes">Passes over it: 1 to 16. Memory × passes is at least 35840 KiB.</param>
/// <param name="Parallelism">Always 1: libsodium computes no other.</param>
public readonly record struct BlindCost(int MemoryKiB, int Passes, int Parallelism = 1)
{
    /// <summary>19 MiB × 2 passes: about 15 ms a plate on the boxes this was measured on.</summary>
    public static BlindCost Default => new(19456, 2);

    /// <summary>True if the cost neither gives a hotlist away nor stops a small box. The floor is the cheapest
    /// setting of the OWASP Password Storage Cheat Sheet (7 MiB × 5 passes).</summary>
    public bool IsSane => MemoryKiB is >= 7168 and <= 262144 && Passes is >= 1 and <= 16 && Parallelism == 1
        && MemoryKiB * Passes >= 7168 * 5;
}
