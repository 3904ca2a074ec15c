using Edge.Vision.Capture;
using Edge.Vision.Detection;
using Edge.Vision.Evaluation;
using Edge.Vision.Onnx;
using Edge.Vision.Recognition;
using OpenCvSharp;

namespace Edge.Vision.Calibrating;

/// <summary>A plate whose text is known.</summary>
/// <param name="Box">Where it is, pixels; null where nobody says: the whole picture.</param>
/// <param name="Text">What stands on it; owned by the caller.</param>
public sealed record KnownPlate(PixelBox? Box, PlateText Text)
{
    /// <summary>Least overlap of its box and that of a read of it. Looser than a detection benchmark's 0.5: the question is what was read there, not how
    /// tight the box is.</summary>
    public const float LeastOverlap = 0.1f;
}

/// <summary>What a calibration found.</summary>
/// <param name="Labelled">Plates with a known text.</param>
/// <param name="Found">Of these, found by the detector.</param>
/// <param name="Temperatures">One for each head.</param>
/// <param name="Losses">Of each head, mean negative log-likelihood in nats a crop of the first look at temperature 1 and at the best tried, which the one chosen is next to.</param>
/// <param name="Calibration">The curves, at those temperatures.</param>
/// <param name="Before">Evidence taken for a probability, with the manifest's own temperatures.</param>
/// <param name="After">Calibrated probabilities, each from other plates.</param>
public sealed record CalibrationFound(int Labelled, int Found, IReadOnlyList<float> Temperatures, IReadOnlyList<(double Before, double After)> Losses,
    Calibration Calibration, Reliability Before, Reliability After);

/// <summary>Measures what a model's evidence is worth, on pictures whose plates are known: once to fit the temperatures, once
/// more with them. Reads as a box does, second looks included, though temperatures are fitted on first looks alone; straightened where the detector found the plate, since labels have no corners.</summary>
public sealed class CalibrationRun : IDisposable
{
    private readonly PipelineOptions _usual = new();
    private readonly string _folder;
    private readonly int _threads;
    private readonly ModelManifest _manifest;
    private readonly PlateDetector? _detector;
    private readonly PlateReader _reader;
    private readonly TemperatureFit[] _fits;
    private readonly Reading _reading = new();
    private readonly List<(string Path, List<(PlateDetection Plate, PlateText Text)> Plates)> _pictures = [];
    private readonly List<Outcome> _before = [];
    private int[] _text = [];
    private int _labelled;

    private CalibrationRun(string folder, bool crops, int threads)
    {
        (_folder, _threads, _manifest) = (folder, threads, ModelManifest.Load(folder, remeasured: true));
        _fits = [.. _manifest.Recogniser.Heads.Select(head => new TemperatureFit(head))];
        // Every plate counts alike: second looks are only of plates in doubt, five crops each, and would fit the temperature to them.
        _reader = PlateReader.Open(folder, _manifest.Recogniser, threads, (head, second, steps) =>
        {
            if (!second) _fits[head].Add(steps, _text);
        });
        try
        {
            _detector = crops ? null : PlateDetector.Open(folder, _manifest.Detector, threads);
        }
        catch
        {
            _reader.Dispose();
            throw;
        }
    }

    /// <summary>Opens the models.</summary>
    /// <param name="crops">The recogniser alone: read at the known plates' boxes, or the whole picture where they have none.</param>
    /// <exception cref="ModelException">A model is missing or is not what its manifest says.</exception>
    public static CalibrationRun Open(string modelFolder, bool crops, int threads = 1)
    {
        OpenCv.Prepare();
        return new CalibrationRun(modelFolder, crops, threads);
    }

    /// <summary>First pass: finds the plates of a picture and fits on them.</summary>
    /// <exception cref="CaptureException">The picture cannot be read or decoded.</exception>
    public void Add(string picture, IReadOnlyCollection<KnownPlate> known)
    {
        _labelled += known.Count;
        using var specimen = Specimen.Open(picture);
        var plates = Find(specimen.Pixels, known);
        Read(_reader, specimen.Pixels, plates, _before);
        _pictures.Add((picture, plates));
    }

    /// <summary>Second pass: reads everything again at the temperatures found.</summary>
    /// <param name="set">What it was measured on, in words.</param>
    /// <param name="looked">Told after each picture how many are done.</param>
    /// <exception cref="ArgumentException">Too few plates were read.</exception>
    public CalibrationFound Finish(string set, IProgress<int> looked)
    {
        var heads = _manifest.Recogniser.Heads;
        var temperatures = _fits.Select(fit => fit.Best).ToArray();
        var tempered = _manifest.Recogniser with
        {
            Heads = [.. heads.Select((head, i) => head with { Temperature = temperatures[i] })],
        };
        using var reader = PlateReader.Open(_folder, tempered, _threads);
        var outcomes = new List<Outcome>();
        foreach (var (i, (path, plates)) in _pictures.Index())
        {
            using var specimen = Specimen.Open(path);
            Read(reader, specimen.Pixels, plates, outcomes);
            looked.Report(i + 1);
        }
        var calibration = CalibrationFit.Of(outcomes, set) with { Sha256 = _manifest.Recogniser.Sha256, ReadAs = tempered.ReadAs() };
        return new CalibrationFound(_labelled, _pictures.Sum(picture => picture.Plates.Count), temperatures, [.. _fits.Select(fit => fit.Loss)],
            calibration, Reliability.Of(_before.Select(outcome => (outcome.Evidence, outcome.Right))), Reliability.CrossValidated(outcomes));
    }

    private List<(PlateDetection, PlateText)> Find(Mat pixels, IReadOnlyCollection<KnownPlate> known)
    {
        if (_detector is null)
        {
            var whole = new PixelBox(0, 0, pixels.Width, pixels.Height);
            // Without boxes the picture is one plate, whatever its labels say; a box that lies elsewhere is of another picture.
            return [.. known.DistinctBy(plate => plate.Box).Select(plate => (Box: plate.Box ?? whole, plate.Text))
                .Where(plate => plate.Box.Height >= 1 && plate.Box.Width >= 1 && plate.Box.CentreX > 0 && plate.Box.CentreX < pixels.Width &&
                    plate.Box.CentreY > 0 && plate.Box.CentreY < pixels.Height)
                .Select(plate => (new PlateDetection(plate.Box, 1), plate.Text))];
        }
        var found = Array.FindAll(_detector.Detect(pixels), plate => plate.Box.Height >= _usual.MinimumPlateHeight && plate.Score >= _usual.Gate.Detector &&
            PlatePipeline.IsWhole(plate.Box, pixels.Size(), still: true)); // what else is seen is never accepted
        return [.. known.Where(plate => plate.Box is not null)
            .Select(plate => (Best: found.Select(one => (PlateDetection?)one).MaxBy(one => one!.Value.Box.Overlap(plate.Box!.Value)), plate))
            .Where(pair => pair.Best is { } best && best.Box.Overlap(pair.plate.Box!.Value) >= KnownPlate.LeastOverlap)
            .Select(pair => (pair.Best!.Value, pair.plate.Text))];
    }

    private void Read(PlateReader reader, Mat pixels, List<(PlateDetection Plate, PlateText Text)> plates, List<Outcome> outcomes)
    {
        foreach (var (plate, text) in plates)
        {
            _text = [.. text.Ascii.ToArray().Select(character => _manifest.Recogniser.Alphabet.IndexOf((char)character, StringComparison.Ordinal))];
            reader.Read(pixels, plate, _reading);
            if (_reading.IsPart || _reading.Length < _usual.Gate.Length.Shortest || _reading.Length > _usual.Gate.Length.Longest) continue; // nor is that
            if (_reading.ToPlate() is not { } read) continue;
            using (read) outcomes.Add(new Outcome(_reading.Evidence, read.Equals(text), Outcome.FoldOf(text)));
        }
        Array.Clear(_text);
        _reading.Clear();
    }

    public void Dispose()
    {
        _reader.Dispose();
        _detector?.Dispose();
        _reading.Dispose();
    }
}
