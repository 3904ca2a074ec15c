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

    /// <summary>True for text with at least one letter or digit, no invisible character, and no blank at either end.</summary>
    public static bool IsText(string text, int maxLength) =>
        text.Length <= maxLength && text.Length == text.Trim().Length && text.Any(char.IsLetterOrDigit) &&
        (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') || text.EnumerateRunes().All(rune => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)));
}
