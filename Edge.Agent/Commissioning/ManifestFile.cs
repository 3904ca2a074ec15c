using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Edge.Storage.Files;
using Edge.Vision.Calibrating;
using Edge.Vision.Onnx;

namespace Edge.Agent.Commissioning;

/// <summary>Writes what a calibration found into a folder's <c>manifest.json</c>; everything else in it stays.</summary>
internal static partial class ManifestFile
{
    /// <summary>Most characters that a calibration may say of its pictures.</summary>
    public const int LongestSet = 500;

    private const int Widest = 150;

    private static readonly JsonSerializerOptions Spelling = new()
    {
        WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Replaces the manifest once what it would become has been read back; the old one is untouched if anything is wrong.</summary>
    /// <exception cref="ModelException">The manifest would not be one, with what was found in it; the message names the field.</exception>
    /// <exception cref="IOException">The manifest cannot be read or replaced.</exception>
    public static void Write(string folder, CalibrationFound found)
    {
        var path = Path.Combine(folder, "manifest.json");
        var manifest = JsonNode.Parse(File.ReadAllText(path))!;
        var recogniser = manifest["recogniser"]!.AsObject();
        foreach (var (head, temperature) in recogniser["heads"]!.AsArray().Zip(found.Temperatures))
            head!["temperature"] = (double)(decimal)temperature;
        recogniser["calibration"] = new JsonObject
        {
            ["set"] = found.Calibration.Set,
            ["plates"] = found.Calibration.Plates,
            ["sha256"] = found.Calibration.Sha256,
            ["readAs"] = found.Calibration.ReadAs,
            ["points"] = new JsonArray([.. found.Calibration.Points.Select(point => (JsonNode)new JsonObject
            {
                ["evidence"] = point.Evidence, ["right"] = point.Right, ["wrongAbove"] = point.WrongAbove,
            })]),
        };
        var bytes = Encoding.UTF8.GetBytes(Compact(manifest.ToJsonString(Spelling)) + "\n");
        Try(bytes, path);
        DurableFile.Write(path, bytes, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    private static void Try(byte[] bytes, string path)
    {
        var draft = Directory.CreateTempSubdirectory("edge-manifest-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(draft, "manifest.json"), bytes);
            ModelManifest.Load(draft);
        }
        catch (ModelException exception)
        {
            var reason = exception.Message.Replace(Path.Combine(draft, "manifest.json"), path, StringComparison.Ordinal);
            throw new ModelException($"{reason}; the manifest was left as it was", exception);
        }
        finally
        {
            Directory.Delete(draft, recursive: true);
        }
    }

    // A table reads better with a row on a line.
    private static string Compact(string json) => Innermost().Replace(json, part =>
        LineBreak().Replace(part.Value, " ") is var line && line.Length <= Widest ? line : part.Value);

    [GeneratedRegex(@"\{[^{}\[\]]*\}|\[[^{}\[\]]*\]")]
    private static partial Regex Innermost();

    [GeneratedRegex(@"\n\s*")]
    private static partial Regex LineBreak();
}
