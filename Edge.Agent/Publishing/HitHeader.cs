using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Edge.Agent.Publishing;

/// <summary>What stays clear beside a sealed hit, bound to it as associated data: enough to route, sweep and hold it,
/// nothing about the plate or the case.</summary>
/// <param name="Box">The box that read it.</param>
/// <param name="Sequence">The box's number for the message, 1 or more.</param>
/// <param name="EntryId">The hotlist entry that matched: 1 to 64 characters of A–Z, a–z, 0–9, '.', '-' and '_'.</param>
/// <param name="Expires">End of retention, to the millisecond: from then on nobody may open or show the hit.</param>
public sealed record HitHeader(BoxName Box, long Sequence, string EntryId, DateTimeOffset Expires)
{
    private const int MaxBytes = 1024;

    /// <summary>Whom the hit is for: the agency of the case, which alone can open it. The box's own unless a grant says otherwise.</summary>
    public string For { get; init; } = Box.Agency;

    private static readonly SearchValues<char> EntryCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");

    /// <summary>True for an id that a hotlist entry may bear.</summary>
    public static bool IsEntryId(ReadOnlySpan<char> id) =>
        id.Length is >= 1 and <= 64 && !id.ContainsAnyExcept(EntryCharacters);

    /// <summary>The JSON whose exact bytes are the associated data of the sealed part.</summary>
    /// <exception cref="InvalidOperationException">The entry id or the sequence is not of this format.</exception>
    public byte[] ToJson() => IsEntryId(EntryId) && Sequence >= 1 && BoxName.IsValid(For)
        ? MessageJson.Write(new Wire(Box.Agency, Box.Box, Sequence, EntryId, Expires) { For = For })
        : throw new InvalidOperationException("a hit header has a sequence from 1, a well-formed entry id and an agency it is for");

    /// <summary>Reads what <see cref="ToJson"/> writes; <paramref name="reason"/> names members, never values.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out HitHeader? header, out string reason)
    {
        header = null;
        reason = MessageJson.Read<Wire>(json, MaxBytes, out var wire) ?? "";
        if (wire is null) return false;
        if (!BoxName.TryCreate(wire.Agency, wire.Box, out var box)) reason = "agency or box is not a name";
        else if (wire.Sequence < 1) reason = "sequence is below 1";
        else if (!IsEntryId(wire.Entry)) reason = "entry is not an entry id";
        else if (wire.For is not null && !BoxName.IsValid(wire.For)) reason = "for is not a name";
        else header = new HitHeader(box, wire.Sequence, wire.Entry, wire.Expires) { For = wire.For ?? box.Agency };
        return header is not null;
    }

    private sealed record Wire(string Agency, string Box, long Sequence, string Entry, DateTimeOffset Expires)
    {
        // Added later: a hit that waited in an outbox since before is for its own agency.
        public string? For { get; init; }
    }
}
