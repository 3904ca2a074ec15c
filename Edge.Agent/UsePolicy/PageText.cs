using System.Text;

namespace Edge.Agent.UsePolicy;

/// <summary>The page as plain text for a terminal, a letter or a notice board.</summary>
internal static class PageText
{
    private const int Width = 78;

    public static string Write(Page page)
    {
        var text = new StringBuilder();
        Heading(text, page.Title, '=');
        Wrapped(text, page.Subtitle);
        foreach (var section in page.Sections)
        {
            text.Append('\n');
            Heading(text, section.Heading, '-');
            foreach (var (i, block) in section.Blocks.Index())
            {
                if (i > 0) text.Append('\n');
                foreach (var line in block.Lines) Wrapped(text, line);
            }
        }
        return text.ToString();
    }

    private static void Heading(StringBuilder text, string heading, char rule) =>
        text.Append($"{heading}\n{new string(rule, Math.Min(Width, heading.Length))}\n");

    private static void Wrapped(StringBuilder text, string line)
    {
        var indent = line.StartsWith("- ", StringComparison.Ordinal) || line.StartsWith("  ", StringComparison.Ordinal) ? 2 : 0;
        var column = indent;
        text.Append(line, 0, indent);
        foreach (var word in line[indent..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > indent && column + 1 + word.Length > Width)
            {
                text.Append('\n').Append(' ', indent);
                column = indent;
            }
            if (column > indent) text.Append(' ');
            text.Append(word);
            column += word.Length + (column > indent ? 1 : 0);
        }
        text.Append('\n');
    }
}
