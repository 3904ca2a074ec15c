using System.Numerics;

namespace Edge.Storage.Audit;

/// <summary>The Merkle tree of RFC 6962 §2.1 over SHA-256. Pure: hashes in, hashes out. Proofs are made by that RFC's
/// recursion and checked by the loops of RFC 9162 §2.1.3.2 and §2.1.4.2, so the two do not share a mistake.</summary>
public static class Merkle
{
    /// <summary>The root of the leaves [<paramref name="begin"/>, <paramref name="end"/>), MTH(D[begin:end]); the
    /// range is not empty.</summary>
    public delegate Sha256Hash RangeRoot(long begin, long end);

    /// <summary>The root of the tree without leaves: SHA-256 of nothing.</summary>
    public static Sha256Hash Empty { get; } = Sha256Hash.Of([]);

    /// <summary>SHA-256(0x00 ‖ entry).</summary>
    public static Sha256Hash Leaf(ReadOnlySpan<byte> entry)
    {
        const int onStack = 1024;
        Span<byte> prefixed = entry.Length < onStack ? stackalloc byte[entry.Length + 1] : new byte[entry.Length + 1];
        prefixed[0] = 0x00;
        entry.CopyTo(prefixed[1..]);
        return Sha256Hash.Of(prefixed);
    }

    /// <summary>SHA-256(0x01 ‖ left ‖ right).</summary>
    public static Sha256Hash Node(Sha256Hash left, Sha256Hash right)
    {
        Span<byte> prefixed = stackalloc byte[1 + 2 * Sha256Hash.Size];
        prefixed[0] = 0x01;
        left.CopyTo(prefixed[1..]);
        right.CopyTo(prefixed[(1 + Sha256Hash.Size)..]);
        return Sha256Hash.Of(prefixed);
    }

    /// <summary>The root over <paramref name="leaves"/>, which are leaf hashes or the roots of equal full subtrees.</summary>
    public static Sha256Hash Root(ReadOnlySpan<Sha256Hash> leaves) => leaves.Length switch
    {
        0 => Empty,
        1 => leaves[0],
        var size => Node(Root(leaves[..(int)Split(size)]), Root(leaves[(int)Split(size)..])),
    };

    /// <summary>The inclusion proof PATH(index, D[size]), from the leaf's sibling up.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such leaf.</exception>
    public static Sha256Hash[] InclusionProof(long index, long size, RangeRoot root)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var fromTheTop = new List<Sha256Hash>();
        var (begin, end) = (0L, size);
        while (end - begin > 1)
        {
            var middle = begin + Split(end - begin);
            if (index < middle)
            {
                fromTheTop.Add(root(middle, end));
                end = middle;
            }
            else
            {
                fromTheTop.Add(root(begin, middle));
                begin = middle;
            }
        }
        fromTheTop.Reverse();
        return [.. fromTheTop];
    }

    /// <summary>The consistency proof PROOF(oldSize, D[size]); empty if the sizes are equal.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="oldSize"/> is not in 1 … size.</exception>
    public static Sha256Hash[] ConsistencyProof(long oldSize, long size, RangeRoot root)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(oldSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(oldSize, size);
        var fromTheTop = new List<Sha256Hash>();
        var (begin, end) = (0L, size);
        while (end != oldSize)
        {
            var middle = begin + Split(end - begin);
            if (oldSize <= middle)
            {
                fromTheTop.Add(root(middle, end));
                end = middle;
            }
            else
            {
                fromTheTop.Add(root(begin, middle));
                begin = middle;
            }
        }
        // A verifier who holds the old root knows this subtree already if it is the whole old tree.
        if (begin != 0) fromTheTop.Add(root(begin, end));
        fromTheTop.Reverse();
        return [.. fromTheTop];
    }

    /// <summary>True if <paramref name="proof"/> shows <paramref name="leaf"/> at <paramref name="index"/> of the tree
    /// with <paramref name="root"/> (RFC 9162 §2.1.3.2).</summary>
    public static bool VerifyInclusion(long index, long size, Sha256Hash leaf, ReadOnlySpan<Sha256Hash> proof,
        Sha256Hash root)
    {
        if (index < 0 || index >= size) return false;
        var (node, last, hash) = (index, size - 1, leaf);
        foreach (var sibling in proof)
        {
            if (last == 0) return false;
            if (IsRight(node) || node == last)
            {
                hash = Node(sibling, hash);
                ClimbToRightChild(ref node, ref last);
            }
            else
            {
                hash = Node(hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == root;
    }

    /// <summary>True if <paramref name="proof"/> shows that the tree with <paramref name="root"/> only appends to the one
    /// with <paramref name="oldRoot"/> (RFC 9162 §2.1.4.2). False for the empty tree, which every tree extends: such a proof would say
    /// nothing.</summary>
    public static bool VerifyConsistency(long oldSize, long size, Sha256Hash oldRoot, Sha256Hash root,
        ReadOnlySpan<Sha256Hash> proof)
    {
        if (oldSize < 1 || oldSize > size) return false;
        if (oldSize == size) return proof.IsEmpty && oldRoot == root;
        if (proof.IsEmpty) return false;

        var oldIsWholeSubtree = BitOperations.IsPow2(oldSize);
        var (node, last) = (oldSize - 1, size - 1);
        while (IsRight(node))
        {
            node >>= 1;
            last >>= 1;
        }
        var oldHash = oldIsWholeSubtree ? oldRoot : proof[0];
        var hash = oldHash;
        foreach (var sibling in oldIsWholeSubtree ? proof : proof[1..])
        {
            if (last == 0) return false;
            if (IsRight(node) || node == last)
            {
                oldHash = Node(sibling, oldHash);
                hash = Node(sibling, hash);
                ClimbToRightChild(ref node, ref last);
            }
            else
            {
                hash = Node(hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && oldHash == oldRoot && hash == root;
    }

    /// <summary>The largest power of two smaller than <paramref name="size"/>: where RFC 6962 cuts a tree in two.</summary>
    internal static long Split(long size) => 1L << BitOperations.Log2((ulong)(size - 1));

    private static bool IsRight(long node) => (node & 1) == 1;

    private static void ClimbToRightChild(ref long node, ref long last)
    {
        while (!IsRight(node) && node != 0)
        {
            node >>= 1;
            last >>= 1;
        }
    }
}
