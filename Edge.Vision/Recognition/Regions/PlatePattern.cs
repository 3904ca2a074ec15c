using System.Diagnostics.CodeAnalysis;

namespace Edge.Vision.Recognition.Regions;

/// <summary>
/// What the text of a plate may look like, for example <c>@@ ## @@@</c>. <c>@</c> is a letter, <c>#</c> a digit, <c>?</c>
/// either, A–Z and 0–9 themselves, <c>[A-HK5]</c> one of a set; <c>{2}</c> or <c>{1,3}</c> after any of them repeats it;
/// spaces mean nothing. Written in <c>docs/regions.md</c>.
/// </summary>
public sealed class PlatePattern
{
    private const int LongestSource = 80;
    private const int MostTemplates = 64;
    private const ulong Digits = (1UL << 10) - 1;
    private const ulong Letters = ((1UL << 26) - 1) << 10;

    // One text length each: what may stand at each position, a bit for each class of Reading.Alphabet.
    private readonly List<ulong[]> _templates;

    private PlatePattern(string source, List<ulong[]> templates) => (Source, _templates) = (source, templates);

    /// <summary>As it was written.</summary>
    public string Source { get; }

    /// <summary>Reads a pattern; a refusal says what is wrong and where, counting characters from 1.</summary>
    public static bool TryParse(string source, [NotNullWhen(true)] out PlatePattern? pattern, [NotNullWhen(false)] out string? reason)
    {
        pattern = null;
        reason = source.Length > LongestSource ? $"longer than {LongestSource} characters" : null;
        List<ulong[]> templates = [[]];
        for (var at = 0; reason is null && at < source.Length;)
        {
            if (source[at] == ' ')
            {
                at++;
                continue;
            }
            var start = at;
            if (!TryElement(source, ref at, out var allowed) || !TryRepeat(source, ref at, out var least, out var most))
                reason = $"character {start + 1}: must be @, #, ?, A-Z, 0-9 or a set such as [A-HK5], each with a repeat such as {{1,3}} if need be";
            else if (templates.Count * (most - least + 1) > MostTemplates) reason = "its repeats allow too many lengths; write several patterns";
            else templates = [.. templates.SelectMany(_ => Enumerable.Range(least, most - least + 1), (template, times) =>
                (ulong[])[.. template, .. Enumerable.Repeat(allowed, times)])];
        }
        templates.RemoveAll(template => template.Length > PlateText.MaxLength);
        if (reason is null && templates.All(template => template.Length == 0)) reason = $"must allow a text of 1 to {PlateText.MaxLength} characters";
        if (reason is not null) return false;
        pattern = new PlatePattern(source, templates);
        return true;
    }

    /// <summary>What may stand at each position of a text of <paramref name="length"/> characters, every way the pattern
    /// allows.</summary>
    internal IEnumerable<ulong[]> Templates(int length) => _templates.Where(template => template.Length == length);

    /// <summary>True where the text is one that the pattern allows.</summary>
    public bool Fits(PlateText plate)
    {
        foreach (var template in Templates(plate.Length))
        {
            var fits = true;
            for (var i = 0; i < template.Length && fits; i++) fits = (template[i] & Bit((char)plate.Ascii[i])) != 0;
            if (fits) return true;
        }
        return false;
    }

    public override string ToString() => Source;

    private static ulong Bit(char character) => 1UL << Reading.Alphabet.IndexOf(character, StringComparison.Ordinal);

    private static bool IsPlain(char character) => character is >= 'A' and <= 'Z' or >= '0' and <= '9';

    private static bool TryElement(string source, ref int at, out ulong allowed)
    {
        var character = source[at++];
        allowed = character switch
        {
            '@' => Letters,
            '#' => Digits,
            '?' => Letters | Digits,
            _ when IsPlain(character) => Bit(character),
            _ => 0,
        };
        return character == '[' ? TrySet(source, ref at, out allowed) : allowed != 0;
    }

    private static bool TrySet(string source, ref int at, out ulong allowed)
    {
        allowed = 0;
        while (at < source.Length && source[at] != ']')
        {
            var first = source[at++];
            var last = first;
            if (at + 1 < source.Length && source[at] == '-') (last, at) = (source[at + 1], at + 2);
            // A range runs within the letters or within the digits.
            if (!IsPlain(first) || !IsPlain(last) || last < first || char.IsAsciiDigit(first) != char.IsAsciiDigit(last)) return false;
            for (var one = first; one <= last; one++) allowed |= Bit(one);
        }
        return at++ < source.Length && allowed != 0;
    }

    private static bool TryRepeat(string source, ref int at, out int least, out int most)
    {
        (least, most) = (1, 1);
        if (at == source.Length || source[at] != '{') return true;
        var end = source.IndexOf('}', at);
        if (end < 0) return false;
        var numbers = source[(at + 1)..end].Split(',');
        at = end + 1;
        if (numbers.Length > 2 || !TryNumber(numbers[0], out least) || !TryNumber(numbers[^1], out most)) return false;
        return most >= least && most is >= 1 and <= PlateText.MaxLength;
    }

    private static bool TryNumber(string digits, out int number)
    {
        number = 0;
        return digits.Length is 1 or 2 && digits.All(char.IsAsciiDigit)
            && int.TryParse(digits, System.Globalization.CultureInfo.InvariantCulture, out number);
    }
}
