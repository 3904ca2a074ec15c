using Edge.Agent.Commissioning;

namespace Edge.Agent.Evaluation;

/// <summary>One picture of the bench.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Labels">Its labelled plates; none where it shows none.</param>
internal sealed record BenchPicture(string Path, IReadOnlyList<LabelledPlate> Labels);

/// <summary>Pictures that make one row of the table.</summary>
/// <param name="Kind">Which of the sets they are of; one flag.</param>
/// <param name="Name">As the table shows it.</param>
/// <param name="AreCrops">Whether the pictures are plates already.</param>
internal sealed record BenchPictures(BenchSets Kind, string Name, bool AreCrops, IReadOnlyList<BenchPicture> Pictures)
{
    /// <summary>Photographs of the origin, used or not; what <see cref="Ids"/> were drawn from.</summary>
    public int Of { get; init; }

    /// <summary>Labels left out because their text holds other characters.</summary>
    public int Skipped { get; init; }

    /// <summary>For held-out sets: labelled plates left out because their text stands on a photograph that training sees too: most
    /// likely the same vehicle, seen again.</summary>
    public int AlsoTrained { get; init; }

    /// <summary>For held-out sets: the ids that are used.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];
}

/// <summary>
/// The folder of labelled pictures and footage that the bench reads: <c>scenes/NAME/</c> with <c>scenes/NAME.tsv</c>,
/// <c>crops/…</c>, <c>training/…</c> alike, <c>footage/*.mp4</c>, <c>peer-models/</c>. What is absent is left out.
/// </summary>
internal sealed class BenchFolder(string path)
{
    // Where the first character is a province, which readers of A–Z and 0–9 do not read.
    private const string ChineseSet = "cn_ccpd_mit";

    private static readonly string[] Photographs =
    [
        "oid_plates_ccby", "oid2_plates_ccby", "in_college_apache", "in_punjab_ccby", "vn_mit", ChineseSet, "romania",
    ];

    private static readonly string[] Crops = ["oid_crops_text"];

    // Where all of a set's plates are from, if they are from one place.
    private static readonly Dictionary<string, string> Regions = new(StringComparer.Ordinal)
    {
        ["us"] = "US", ["br"] = "BR", ["in_college_apache"] = "IN", ["in_punjab_ccby"] = "IN", ["vn_mit"] = "VN", [ChineseSet] = "CN", ["romania"] = "RO",
    };

    private HashSet<string>? _trained;

    public string Path { get; } = path;

    /// <summary>Where the films of passages are.</summary>
    public string Passages { get; init; } = System.IO.Path.Combine(path, "passages");

    // What stands on any photograph that training sees, of any set.
    private HashSet<string> Trained => _trained ??= Tables("training").SelectMany(name =>
    {
        var labels = Labels(name);
        return labels.Files.Where(file => !HeldOut.Contains(name, file)).SelectMany(file => labels[file]).Select(label => label.Text);
    }).ToHashSet(StringComparer.Ordinal);

    /// <summary>The pictures of the chosen sets, in the table's order. Degraded pictures are made from the scenes: they are not in
    /// here.</summary>
    /// <exception cref="LabelsException">A table of labels is malformed.</exception>
    public IReadOnlyList<BenchPictures> Find(BenchSets sets)
    {
        var found = new List<BenchPictures>();
        if ((sets & (BenchSets.Scenes | BenchSets.Degraded)) != 0) found.AddRange(Tables("scenes").Select(name => Whole(BenchSets.Scenes, "scenes", name)));
        if (sets.HasFlag(BenchSets.Crops)) found.AddRange(Tables("crops").Select(name => Whole(BenchSets.Crops, "crops", name)));
        if (sets.HasFlag(BenchSets.HeldOut)) found.AddRange(Photographs.Concat(Crops).Where(HasTable).Select(HeldOutOf));
        if (sets.HasFlag(BenchSets.PlateFree)) found.AddRange(Photographs.Where(HasTable).Select(PlateFreeOf));
        return [.. found.Where(set => set.Pictures.Count + set.AlsoTrained > 0)];
    }

    private IEnumerable<string> Tables(string folder)
    {
        var here = System.IO.Path.Combine(Path, folder);
        return !Directory.Exists(here) ? []
            : Directory.EnumerateFiles(here, "*.tsv").Select(file => System.IO.Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal);
    }

    private BenchPictures Whole(BenchSets kind, string folder, string name)
    {
        var labels = LabelledPlates.Read(Table(folder, name));
        var pictures = labels.Files.Select(file => Picture(folder, name, file, labels[file])).Where(picture => picture.Labels.Count > 0).ToList();
        return new BenchPictures(kind, $"{folder}/{name}", AreCrops: !labels.HasBoxes, pictures) { Of = labels.Files.Count, Skipped = labels.Skipped };
    }

    private BenchPictures HeldOutOf(string name)
    {
        var labels = Labels(name);
        var crops = Crops.Contains(name);
        var files = labels.Files.Where(file => HeldOut.Contains(name, file)).ToList();
        var pictures = files.Select(file => Picture("training", name, file, labels[file].Where(label => !Trained.Contains(label.Text))
            .Select(label => crops ? label with { Box = null } : label))).Where(picture => picture.Labels.Count > 0).ToList();
        return new BenchPictures(BenchSets.HeldOut, $"held-out/{name}", crops, pictures)
        {
            Of = labels.Files.Count, Skipped = labels.Skipped,
            AlsoTrained = files.Sum(file => labels[file].Count(label => Trained.Contains(label.Text))),
            Ids = [.. pictures.Select(picture => HeldOut.Id(name, System.IO.Path.GetFileName(picture.Path))).Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)],
        };
    }

    private BenchPictures PlateFreeOf(string name)
    {
        var labels = Labels(name);
        return new BenchPictures(BenchSets.PlateFree, $"plate-free/{name}", AreCrops: false,
            [.. labels.PlateFree.Where(file => HeldOut.Contains(name, file)).Select(file => Picture("training", name, file, []))])
        {
            Of = labels.PlateFree.Count,
        };
    }

    private LabelledPlates Labels(string name) =>
        LabelledPlates.Read(Table("training", name), name == ChineseSet ? text => text.Length > 0 ? text[1..] : text : null);

    private BenchPicture Picture(string folder, string name, string file, IEnumerable<LabelledPlate> labels) =>
        new(System.IO.Path.Combine(Path, folder, name, file),
            [.. labels.Select(label => label with { Region = label.Region ?? Regions.GetValueOrDefault(name) })]);

    private bool HasTable(string name) => File.Exists(Table("training", name));

    private string Table(string folder, string name) => System.IO.Path.Combine(Path, folder, $"{name}.tsv");
}
