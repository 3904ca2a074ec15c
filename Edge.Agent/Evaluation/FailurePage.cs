using System.Net;
using System.Text;
using Edge.Agent.Commissioning;
using Edge.Vision.Detection;
using Edge.Vision.Evaluation;

namespace Edge.Agent.Evaluation;

/// <summary>
/// The plates that the first reader did not read, or read wrongly, as pictures on one page for the people who train models:
/// what stands there, what each reader made of it, how sure. It holds plates and pictures of vehicles, so it is made
/// only of the bench's own data, never on an enrolled box. No scripts, no links to anywhere.
/// </summary>
internal sealed class FailurePage(IReadOnlyList<string> readers)
{
    // The page stays one that a browser opens: about 4 kB a picture.
    private const int MostOfASet = 200;
    private const int PictureHeight = 72;
    private const float Margin = 0.25f;

    private readonly OrderedDictionary<string, List<string>> _sets = [];
    private readonly Dictionary<string, int> _counts = [];

    /// <summary>Failures seen, shown or not.</summary>
    public int Count => _counts.Values.Sum();

    /// <summary>Takes in one plate; keeps it if the first reader's read is missing or wrong.</summary>
    /// <param name="reads">What each reader read there, in the page's order; null for nothing. Fewer than readers where the others
    /// were not asked.</param>
    public void Add(string set, Specimen picture, LabelledPlate label, IReadOnlyList<StillRead?> reads)
    {
        if (reads[0]?.Text == label.Text) return;
        var shown = _sets.TryGetValue(set, out var list) ? list : _sets[set] = [];
        _counts[set] = _counts.GetValueOrDefault(set) + 1;
        if (shown.Count == MostOfASet) return;
        var jpeg = picture.ToJpeg((label.Box ?? picture.Whole).Grow(label.Box is null ? 0 : Margin), PictureHeight);
        var height = label.Box is { } box ? $"{box.Height:F0} px high" : $"{picture.Width} × {picture.Height} px";
        var rows = string.Concat(reads.Select((read, i) => Row(readers[i], read, label.Text)));
        shown.Add($"""
            <figure class="{(reads[0] is { Accepted: true } ? "wrong" : "missed")}"><img alt="" src="data:image/jpeg;base64,{Convert.ToBase64String(jpeg)}">
            <figcaption><strong>{(label.Text.Length == 0 ? "no plate" : Text(label.Text))}</strong> <small>{height}</small><table>{rows}</table></figcaption></figure>

            """);
    }

    /// <summary>The page.</summary>
    public string Write()
    {
        var sets = new StringBuilder();
        foreach (var (set, shown) in _sets)
        {
            var more = _counts[set] > shown.Count ? $", {shown.Count} shown" : "";
            sets.Append($"<h2>{Text(set)} <small>{_counts[set]} failures{more}</small></h2>\n<section>\n{string.Concat(shown)}</section>\n");
        }
        return $$"""
            <!doctype html>
            <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>What {{Text(readers[0])}} did not read</title>
            <style>
              body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; color: #1b1f24; }
              .note { background: #fff4d6; border-left: .3rem solid #d29922; padding: .5rem 1rem; max-width: 50rem; }
              section { display: flex; flex-wrap: wrap; gap: .8rem; } small { color: #57606a; font-weight: 400; }
              figure { margin: 0; padding: .6rem; border: 1px solid #d7dce2; border-radius: .4rem; max-width: 24rem; }
              .wrong { border: 2px solid #b3261e; } img { max-width: 100%; display: block; } strong { letter-spacing: .06em; }
              td { padding: 0 .5rem 0 0; font-variant-numeric: tabular-nums; } .right { color: #116329; } mark { background: #ffd7d5; }
            </style>
            <h1>What {{Text(readers[0])}} did not read</h1>
            <p class="note">This page holds real plates and pictures of real vehicles. It is for the people who train the models: keep it
            where its data is kept, do not publish it, delete it when done.</p>
            <p>A red frame: accepted at the gate, and wrong. Percentages are how likely the whole text is right,
            as the reader's calibration measured it; of a reader without one, its evidence, which nobody has measured.</p>
            {{(_sets.Count == 0 ? "<p>No failures.</p>" : sets)}}
            </html>
            """;
    }

    private static string Row(string reader, StillRead? read, string truth) => read is null
        ? $"<tr><td>{Text(reader)}<td>–<td>nothing read"
        : $"<tr><td>{Text(reader)}<td{(read.Text == truth ? " class=\"right\"" : "")}>{Marked(read.Text, truth)}<td>{read.Confidence:P0}{(read.Accepted ? " accepted" : "")}";

    private static string Marked(string read, string truth) => read.Length != truth.Length ? Text(read)
        : string.Concat(read.Zip(truth, (is_, was) => is_ == was ? $"{is_}" : $"<mark>{is_}</mark>"));

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
