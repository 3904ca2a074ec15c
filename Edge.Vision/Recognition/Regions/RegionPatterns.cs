namespace Edge.Vision.Recognition.Regions;

/// <summary>The built-in patterns, by ISO 3166 code: standard plates of vehicles in use, without diplomats, armed forces and
/// the like. Sources and what is left out: <c>docs/regions.md</c>, which a test keeps the same as this table.</summary>
public static class RegionPatterns
{
    private static readonly Dictionary<string, PlatePattern[]> Table = new(StringComparer.Ordinal)
    {
        ["AR"] = Read("@@ ### @@", "@@@ ###", "@ ### @@@", "### @@@"),
        ["AT"] = Read("@{1,2} #{1,5} @{1,3}"),
        ["BE"] = Read("[1-9] @@@ ###", "@@@ ###", "### @@@"),
        ["BG"] = Read("[ABCEHKMOPTXY]{1,2} #### [ABCEHKMOPTXY]{2}"),
        ["BR"] = Read("@@@ # [A-J] ##", "@@@ ####"),
        ["CH"] = Read("@@ #{2,6}"),
        ["CN"] = Read("@ ?{5,6}"),
        ["CZ"] = Read("# @ ? ####"),
        ["DE"] = Read("@{1,2} @{1,2} #{1,4}", "@@@ @ #{1,4}", "@@@ @@ #{1,3}",
            "@{1,2} @{1,2} #{1,3} [EH]", "@@@ @ #{1,3} [EH]", "@@@ @@ #{1,2} [EH]"),
        ["DK"] = Read("@@ #####"),
        ["ES"] = Read("#### [BCDFGHJ-NPRSTV-Z]{3}", "@{1,2} #### @{1,2}"),
        ["FI"] = Read("@{2,3} #{1,3}"),
        ["FR"] = Read("[A-HJ-NP-TV-Z]{2} ### [A-HJ-NP-TV-Z]{2}", "#{1,4} @{2,3} #{2}", "#{1,4} @{2,3} 2[AB]"),
        ["GB"] = Read("[A-HJ-PR-Y][A-HJ-PR-Y] ## [A-HJ-PR-Z]{3}", "[A-HJ-NPR-TV-Y] #{1,3} @@@", "@@@ #{1,3} [A-HJ-NPR-TV-Y]",
            "@{1,3} #{1,4}", "#{1,4} @{1,3}"),
        ["HR"] = Read("@@ #{3,4} @{1,2}"),
        ["HU"] = Read("@@ @@ ###", "@@@ ###"),
        ["IE"] = Read("## @{1,2} #{1,6}", "##[12] @{1,2} #{1,6}"),
        ["IN"] = Read("@@ ## @{1,2} ####", "@@ # @{1,3} ####", "@@ ## ####", "## BH #### @{1,2}"),
        ["IT"] = Read("[A-HJ-NPRSTV-Z]{2} ### [A-HJ-NPRSTV-Z]{2}", "[A-HJ-NPRSTV-Z]{2} #####"),
        ["MD"] = Read("@@@ ###"),
        ["NL"] = Read("@@ ####", "#### @@", "## @@ ##", "@@ ## @@", "@@@@ ##", "## @@@@", "## @@@ #", "# @@@ ##",
            "@@ ### @", "@ ### @@", "@@@ ## @", "@ ## @@@", "# @@ ###", "### @@ #"),
        ["NO"] = Read("@@ #{4,5}"),
        ["PL"] = Read("@{2,3} ?{4,5}"),
        ["PT"] = Read("@@ ## @@", "## @@ ##", "## ## @@", "@@ ## ##"),
        ["RO"] = Read("B #{2,3} [A-PR-Z]{3}", "@@ ## [A-PR-Z]{3}", "B 0#{2,5}", "@@ 0#{2,5}"),
        ["RS"] = Read("@@ #{3,5} @@"),
        ["SE"] = Read("[A-HJ-PR-UW-Z]{3} ## [0-9A-HJ-NPR-UW-Z]"),
        ["SK"] = Read("@@ ### @@"),
        ["TR"] = Read("[0-8]# [A-PR-VYZ] #{4,5}", "[0-8]# [A-PR-VYZ]{2} #{3,4}", "[0-8]# [A-PR-VYZ]{3} #{2,3}"),
        ["UA"] = Read("[ABCEHIKMOPTX]{2} #### [ABCEHIKMOPTX]{2}"),
        ["US-CA"] = Read("# @@@ ###"),
        ["US-NY"] = Read("@@@ ####"),
        ["US-OH"] = Read("@@@ ####"),
        ["US-PA"] = Read("@@@ ####"),
        ["US-TX"] = Read("@@@ ####"),
        ["US-WA"] = Read("@@@ ####", "### @@@"),
        ["VN"] = Read("## @ #{4,5}", "## @ # #{4,5}", "## @@ #{4,5}"),
    };

    /// <summary>Every code there are patterns for.</summary>
    public static IReadOnlyCollection<string> Regions => Table.Keys;

    /// <summary>The patterns of a region; null where there are none.</summary>
    public static IReadOnlyList<PlatePattern>? Of(string region) => Table.GetValueOrDefault(region);

    /// <summary>True where the region has patterns and the text fits one.</summary>
    public static bool Fits(string region, PlateText plate) => Of(region)?.Any(pattern => pattern.Fits(plate)) == true;

    private static PlatePattern[] Read(params string[] sources) => [.. sources.Select(source =>
        PlatePattern.TryParse(source, out var pattern, out var reason) ? pattern : throw new FormatException($"{source}: {reason}"))];
}
