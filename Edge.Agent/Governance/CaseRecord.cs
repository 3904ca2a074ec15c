using System.Buffers;
using System.Globalization;
using System.Text;
using Edge.Storage.Audit;
using Edge.Storage.Json;

namespace Edge.Agent.Governance;

/// <summary>What documents a search. One rule for the desk, the hotlist, the policy and the log.</summary>
public static class CaseRecord
{
    private const string PurposeRule = "must be lower-case words joined by '-', such as stolen-vehicle";

    /// <summary>A purpose: words without digits, so that the log can show it and no plate fits into it.</summary>
    public static string Purpose(JsonFields fields, string key) =>
        fields.Text(key, text => text.Length <= 32 && !text.Contains('.') && AuditWords.IsWords(text), PurposeRule);

    /// <summary>A case ID, basis, source or issuer: something a person can read and look up.</summary>
    public static string Text(JsonFields fields, string key, int maxLength) =>
        fields.Text(key, text => IsText(text, maxLength), $"must be text of 1 to {maxLength} characters with a letter or digit in it");

    // Default_Ignorable_Code_Point of Unicode beyond the categories below: letters and marks that show nothing.
    private static readonly SearchValues<char> Invisible = SearchValues.Create(
        "\u034F\u115F\u1160\u17B4\u17B5\u3164\uFFA0\uFE00\uFE01\uFE02\uFE03\uFE04\uFE05\uFE06\uFE07\uFE08\uFE09\uFE0A\uFE0B\uFE0C\uFE0D\uFE0E\uFE0F\u180B\u180C\u180D\u180F");

    /// <summary>True for text with at least one letter or digit, no invisible character, no blank at either end and none but the plain one,
    /// and no mark apart from its letter: two cases that look the same are the same. (No ICU is here to ask for NFC.)</summary>
    public static bool IsText(string text, int maxLength) =>
        text.Length <= maxLength && text.Length == text.Trim().Length && text.Any(char.IsLetterOrDigit) &&
        (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')
            || (!text.AsSpan().ContainsAny(Invisible)
                && text.EnumerateRunes().All(rune => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                && (rune.Value == ' ' || Rune.GetUnicodeCategory(rune) != UnicodeCategory.SpaceSeparator)
            // A mark that stands apart from its letter has a twin that does not; U+FFFD is half a surrogate pair, or was something once.
            && rune.Value is not ((>= 0xE0000 and <= 0xE0FFF) or (>= 0x300 and <= 0x36F) or 0xFFFD))));
}
