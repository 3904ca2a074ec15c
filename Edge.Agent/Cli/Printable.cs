using System.Globalization;

namespace Edge.Agent.Cli;

/// <summary>Text from files as a terminal may show it: what would steer the terminal, or turn the line around, is spelt out.</summary>
internal static class Printable
{
    /// <summary>The text with each control and format character as <c>\uXXXX</c>; line breaks too.</summary>
    public static string Line(string text) => text.All(IsPlain) ? text
        : string.Concat(text.Select(one => IsPlain(one) ? $"{one}" : $"\\u{(int)one:X4}"));

    /// <summary>As <see cref="Line"/>, but line breaks stay.</summary>
    public static string Lines(string text) => string.Join('\n', text.Split('\n').Select(Line));

    private static bool IsPlain(char one) => char.GetUnicodeCategory(one) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
