namespace Edge.Agent.UsePolicy;

/// <summary>One piece of the page. What it says stands in its strings, so that every rendering says the same.</summary>
internal abstract record PageBlock
{
    /// <summary>What it says, a line each, not wrapped. A line that starts with "- " is an item, one that starts with two
    /// blanks belongs to the item before.</summary>
    public abstract IEnumerable<string> Lines { get; }

    /// <summary>A paragraph.</summary>
    public sealed record Paragraph(string Text) : PageBlock
    {
        public override IEnumerable<string> Lines => [Text];
    }

    /// <summary>Items of a list.</summary>
    public sealed record Items(IReadOnlyList<string> Texts) : PageBlock
    {
        public override IEnumerable<string> Lines => Texts.Select(text => $"- {text}");
    }

    /// <summary>The few numbers that say most.</summary>
    public sealed record Figures(IReadOnlyList<(string Value, string Label)> All) : PageBlock
    {
        public override IEnumerable<string> Lines => All.Select(figure => $"- {figure.Label}: {figure.Value}");
    }

    /// <summary>A table whose first column names the row.</summary>
    public sealed record Table(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows) : PageBlock
    {
        public override IEnumerable<string> Lines => Rows.SelectMany(row =>
            row.Index().Select(cell => cell.Index == 0 ? $"- {cell.Item}" : $"  {Columns[cell.Index]}: {cell.Item}"));
    }

    /// <summary>Bars, one below the other, each as long as its number is large.</summary>
    public sealed record Bars(string Caption, IReadOnlyList<(string Label, long Value)> All) : PageBlock
    {
        public override IEnumerable<string> Lines => [$"{Caption}:", .. All.Select(bar => FormattableString.Invariant($"- {bar.Label}: {bar.Value:N0}"))];
    }

    /// <summary>Columns side by side: what happened over time. The first and the last are named below, the rest lie between.</summary>
    public sealed record Timeline(string Caption, IReadOnlyList<(string Label, long Value)> All) : PageBlock
    {
        public override IEnumerable<string> Lines =>
            [$"{Caption}:", .. All.Select(column => FormattableString.Invariant($"- {column.Label}: {column.Value:N0}"))];
    }

    /// <summary>How to reach an office. Targets are links the policy's reader has checked, null for what is none.</summary>
    public sealed record Reach(string Office, IReadOnlyList<(string Label, string Text, string? Target)> Ways) : PageBlock
    {
        public override IEnumerable<string> Lines => [$"- {Office}", .. Ways.Select(way => $"  {way.Label}: {way.Text}")];
    }
}

/// <summary>One part of the page.</summary>
/// <param name="Id">Stable, for links: lower-case words.</param>
internal sealed record PageSection(string Id, string Heading, IReadOnlyList<PageBlock> Blocks);

/// <summary>The whole page, before anybody has decided how it looks.</summary>
internal sealed record Page(string Title, string Subtitle, IReadOnlyList<PageSection> Sections);
