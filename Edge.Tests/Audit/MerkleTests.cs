using System.Text.Json;
using CsCheck;
using Edge.Storage.Audit;
using Edge.Tests.Support;

namespace Edge.Tests.Audit;

public sealed class MerkleTests
{
    // The eight leaves and roots that every RFC 6962 implementation is tested with (certificate-transparency-go,
    // transparency-dev/merkle "testonly").
    private static readonly string[] Leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    private static readonly string[] Roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    private static readonly Gen<(Sha256Hash[] Leaves, int Old, int Index)> Trees =
        from size in Gen.Int[1, 600]
        from seed in Gen.Int[0, int.MaxValue - 1000]
        from old in Gen.Int[1, size]
        from index in Gen.Int[0, size - 1]
        select (Enumerable.Range(seed, size).Select(i => Merkle.Leaf(BitConverter.GetBytes(i))).ToArray(), old, index);

    public static TheoryData<int> Sizes => [.. Enumerable.Range(0, 9)];

    [Theory, MemberData(nameof(Sizes))]
    public void Roots_are_those_of_the_published_tree(int size)
    {
        var leaves = Leaves.Take(size).Select(hex => Merkle.Leaf(Convert.FromHexString(hex))).ToArray();
        var edge = new TileEdge();
        foreach (var leaf in leaves) edge.Append(leaf);
        Assert.Equal(Roots[size], Merkle.Root(leaves).ToHex());
        Assert.Equal(Roots[size], edge.Root.ToHex());
    }

    [Fact]
    public void An_inclusion_proof_holds_for_its_leaf_and_for_nothing_else() => Trees.Sample(tree =>
    {
        var (leaves, other, index) = tree;
        var root = Merkle.Root(leaves);
        var proof = Merkle.InclusionProof(index, leaves.Length, RangeRoot(leaves));
        Assert.True(Merkle.VerifyInclusion(index, leaves.Length, leaves[index], proof, root));

        Assert.False(Merkle.VerifyInclusion(index + 1, leaves.Length, leaves[index], proof, root));
        Assert.False(Merkle.VerifyInclusion(index, leaves.Length, Merkle.Leaf("x"u8), proof, root));
        Assert.False(Merkle.VerifyInclusion(index, leaves.Length, leaves[index], proof, Merkle.Empty));
        Assert.False(Merkle.VerifyInclusion(index, leaves.Length, leaves[index], [.. proof, root], root));
        if (proof.Length > 0)
        {
            Assert.False(Merkle.VerifyInclusion(index, leaves.Length, leaves[index], proof.AsSpan(1), root));
            proof[other % proof.Length] = Merkle.Empty;
            Assert.False(Merkle.VerifyInclusion(index, leaves.Length, leaves[index], proof, root));
        }
    }, iter: 200);

    [Fact]
    public void A_consistency_proof_holds_for_its_two_trees_and_for_nothing_else() => Trees.Sample(tree =>
    {
        var (leaves, old, index) = tree;
        var (oldRoot, root) = (Merkle.Root(leaves.AsSpan(0, old)), Merkle.Root(leaves));
        var proof = Merkle.ConsistencyProof(old, leaves.Length, RangeRoot(leaves));
        Assert.True(Merkle.VerifyConsistency(old, leaves.Length, oldRoot, root, proof));

        Assert.False(Merkle.VerifyConsistency(old, leaves.Length, Merkle.Empty, root, proof));
        Assert.False(Merkle.VerifyConsistency(old, leaves.Length, oldRoot, Merkle.Empty, proof));
        Assert.False(Merkle.VerifyConsistency(old, leaves.Length, oldRoot, root, [.. proof, root]));
        if (proof.Length > 0)
        {
            Assert.False(Merkle.VerifyConsistency(old, leaves.Length, oldRoot, root, proof.AsSpan(0, proof.Length - 1)));
            proof[index % proof.Length] = Merkle.Empty;
            Assert.False(Merkle.VerifyConsistency(old, leaves.Length, oldRoot, root, proof));
        }
    }, iter: 200);

    [Fact]
    public void The_edge_of_tiles_gives_the_root_of_the_whole_tree() => Trees.Sample(tree =>
    {
        var (leaves, old, _) = tree;
        var tiles = new Dictionary<TilePath, Sha256Hash[]>();
        var edge = new TileEdge();
        foreach (var leaf in leaves[..old]) edge.Append(leaf, (tile, hashes) => tiles[tile] = [.. hashes]);
        Assert.Equal(Merkle.Root(leaves.AsSpan(0, old)), edge.Root);
        Assert.Equal(old / 256, tiles.Count);

        var loaded = TileEdge.Load(old, tile => edge.Partial(tile.Level));
        foreach (var leaf in leaves[old..]) loaded.Append(leaf);
        Assert.Equal(Merkle.Root(leaves), loaded.Root);
    }, iter: 100);

    [Fact]
    public void Published_inclusion_proofs_hold_or_fail_as_they_say() =>
        EachVector("inclusion", vector => Number(vector, "leafIdx") is { } index && Number(vector, "treeSize") is { } size
            && Proof(vector) is { } proof && Hash(vector, "leafHash") is { } leaf && Hash(vector, "root") is { } root
            && Merkle.VerifyInclusion(index, size, leaf, proof, root));

    [Fact]
    public void Published_consistency_proofs_hold_or_fail_as_they_say() =>
        EachVector("consistency", vector => Number(vector, "size1") is { } old && Number(vector, "size2") is { } size
            && Proof(vector) is { } proof && Hash(vector, "root1") is { } oldRoot && Hash(vector, "root2") is { } root
            && Merkle.VerifyConsistency(old, size, oldRoot, root, proof));

    private static Merkle.RangeRoot RangeRoot(Sha256Hash[] leaves) =>
        (begin, end) => Merkle.Root(leaves.AsSpan((int)begin, (int)(end - begin)));

    private static void EachVector(string kind, Predicate<JsonElement> holds)
    {
        var files = Directory.GetFiles(Shared.Need($"vectors/merkle/{kind}"), "*.json", SearchOption.AllDirectories);
        Assert.True(files.Length > 90);
        Assert.All(files, file =>
        {
            using var vector = JsonDocument.Parse(File.ReadAllBytes(file));
            Assert.Equal(!vector.RootElement.GetProperty("wantErr").GetBoolean(), holds(vector.RootElement));
        });
    }

    // Some roots of the set are words, not hashes; ours cannot be, so they stand for themselves by their hash.
    private static Sha256Hash? Hash(JsonElement vector, string name) =>
        vector.GetProperty(name).GetBytesFromBase64() switch
        {
            [] => null,
            { Length: Sha256Hash.Size } hash => new Sha256Hash(hash),
            var word => Sha256Hash.Of(word),
        };

    // Null for an unsigned number that no log can reach.
    private static long? Number(JsonElement vector, string name) =>
        vector.GetProperty(name).TryGetInt64(out var number) ? number : null;

    private static Sha256Hash[]? Proof(JsonElement vector)
    {
        var proof = new List<Sha256Hash>();
        var hashes = vector.GetProperty("proof");
        foreach (var text in hashes.ValueKind == JsonValueKind.Null ? [] : hashes.EnumerateArray().ToList())
        {
            if (!Sha256Hash.TryParse(text.GetString(), out var hash)) return null;
            proof.Add(hash);
        }
        return [.. proof];
    }
}
