using System.Security.Cryptography;
using Edge.Storage.Sealing;
using Edge.Vision.Recognition;

namespace Edge.Agent.Matching;

/// <summary>The tags of one hotlist and nothing else of it: all that is needed to ask whether a plate is on it. Immutable; safe to use from
/// several threads.</summary>
/// <remarks>A plate costs one Argon2id derivation for each form that entries have, about 15 ms each, none for an empty list. Neither
/// the time nor the memory it takes depends on whether it matches.</remarks>
public sealed class BlindedTags
{
    private readonly byte[] _salt;
    private readonly byte[] _tags;
    private readonly MatchForm[] _forms;
    private readonly bool _exact, _folded;

    public BlindedTags(ReadOnlySpan<byte> salt, BlindCost cost, IReadOnlyList<(ReadOnlyMemory<byte> Tag, MatchForm Form)> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        (_salt, Cost, _tags, _forms) = (salt.ToArray(), cost, new byte[entries.Count * BlindTag.Size], new MatchForm[entries.Count]);
        foreach (var (i, (tag, form)) in entries.Index())
        {
            tag.Span.CopyTo(_tags.AsSpan(i * BlindTag.Size, BlindTag.Size));
            _forms[i] = form;
            if (form == MatchForm.Exact) _exact = true;
            else _folded = true;
        }
    }

    public ReadOnlySpan<byte> Salt => _salt;

    public BlindCost Cost { get; }

    public int Count => _forms.Length;

    /// <summary>The tag at a place.</summary>
    public ReadOnlySpan<byte> this[int place] => _tags.AsSpan(place * BlindTag.Size, BlindTag.Size);

    public MatchForm FormOf(int place) => _forms[place];

    /// <summary>The places of all entries that name this plate, in force or not, rising.</summary>
    /// <remarks>Borrows <paramref name="plate"/>; the caller still wipes it.</remarks>
    public List<int> Find(PlateText plate)
    {
        ArgumentNullException.ThrowIfNull(plate);
        var found = new List<int>();
        Span<byte> exact = stackalloc byte[BlindTag.Size], folded = stackalloc byte[BlindTag.Size], text = stackalloc byte[PlateText.MaxLength];
        try
        {
            if (_exact) BlindTag.Derive(plate.Ascii, _salt, Cost, exact);
            if (_folded) BlindTag.Derive(text[..PlateFolding.Fold(plate.Ascii, text)], _salt, Cost, folded);
            // Walks all entries whether or not one has matched.
            for (var i = 0; i < _forms.Length; i++)
                if (CryptographicOperations.FixedTimeEquals(_forms[i] == MatchForm.Exact ? exact : folded, this[i])) found.Add(i);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(exact);
            CryptographicOperations.ZeroMemory(folded);
            CryptographicOperations.ZeroMemory(text);
        }
        return found;
    }
}
