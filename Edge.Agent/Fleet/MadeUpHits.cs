using System.Security.Cryptography;
using Edge.Agent.Matching;
using Edge.Agent.Publishing;
using Edge.Storage.Sealing;
using Edge.Vision.Recognition;

namespace Edge.Agent.Fleet;

/// <summary>Hits of one box as a real one seals them, of plates that nobody has seen. Not thread-safe.</summary>
internal sealed class MadeUpHits(BoxName box, RecipientPublicKey to, int cropBytes, Random random)
{
    private const int Length = 7;
    private static readonly float[] Sure = [.. Enumerable.Repeat(0.93f, Length)];

    // What it shows does not matter, but it must not compress.
    private readonly byte[] _crop = [0xFF, 0xD8, .. RandomNumberGenerator.GetBytes(cropBytes - 4), 0xFF, 0xD9];

    /// <summary>The next one.</summary>
    public SealedHit Next(long sequence, DateTimeOffset now, DateTimeOffset expires)
    {
        const string characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        Span<byte> plate = stackalloc byte[Length];
        for (var i = 0; i < plate.Length; i++) plate[i] = (byte)characters[random.Next(characters.Length)];
        var entry = $"e-{random.NextInt64():x16}";
        var facts = new HitFacts(Sure, 0.998, new PlateRegion("TR", 0.97f), true, [], "lane-1", now, 3, entry, MatchForm.Exact, 1, _crop);
        using var body = HitBody.Write(plate, facts);
        return SealedHit.Seal(to, new HitHeader(box, sequence, entry, expires), body);
    }
}
