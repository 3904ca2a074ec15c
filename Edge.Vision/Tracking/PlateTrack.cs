using Edge.Vision.Detection;
using Edge.Vision.Recognition;

namespace Edge.Vision.Tracking;

/// <summary>One plate followed from frame to frame: where it is, where it is going, and what its frames say it reads.</summary>
internal sealed class PlateTrack : IDisposable
{
    // A plate that reads differently in every frame of an hour's parking must not fill the memory, nor keep what is read at last from being counted.
    private const int MostTexts = 64;

    // So many looks are worth nine tenths of what any number is (FrameConsensus).
    private const int MostPlaces = 16;

    private readonly FrameConsensus _consensus = new();
    private readonly Dictionary<PlateText, int> _said = [];
    private float _speedX, _speedY; // pixels a second
    private PixelBox? _counted;
    private readonly List<PixelBox> _places = []; // where it was at each look, the last ones

    public PlateTrack(TimeSpan at, PixelBox box)
    {
        First = Last = Until = at;
        Box = box;
    }

    public TimeSpan First { get; }

    /// <summary>When it was seen last.</summary>
    public TimeSpan Last { get; private set; }

    /// <summary>Until when it was there: seen, or held.</summary>
    public TimeSpan Until { get; private set; }

    public PixelBox Box { get; private set; }
    public float Score { get; private set; }
    public int Frames { get; private set; }

    /// <summary>How often it was read, whether anything stood there or not.</summary>
    public int Reads { get; private set; }

    /// <summary>When it was read last.</summary>
    public TimeSpan Read { get; private set; }

    /// <summary>When its text was last seen to stand there: read, or followed for a moment since.</summary>
    public TimeSpan Known => Last - Read > PlateTracker.ReadAgain ? Read : Last;

    /// <summary>What all frames so far agree on.</summary>
    public Reading Conclusion { get; } = new();

    /// <summary>It was read where it is partly out of the picture.</summary>
    public bool Cut { get; set; }

    /// <summary>It was read where something hides a part of it.</summary>
    public bool Hidden { get; private set; }

    /// <summary>Already handed over; it is followed on only so that it is not told again.</summary>
    public bool Published { get; set; }

    /// <summary>The clearest picture of the plate so far; owned by the track until a passage takes it.</summary>
    public PlateCrop? Crop { get; set; }

    /// <summary>How clear <see cref="Crop"/> is: plate width in pixels times what its reading was worth.</summary>
    public float CropWorth { get; set; }

    /// <summary>Where the plate should be at <paramref name="at"/> if it kept its speed.</summary>
    public PixelBox Predict(TimeSpan at)
    {
        var seconds = (float)(at - Last).TotalSeconds;
        return Box.Shift(_speedX * seconds, _speedY * seconds);
    }

    /// <summary>Takes in one more frame. Borrows <paramref name="reading"/>, null where the plate was not read; once published it only says where the
    /// plate is.</summary>
    public void Add(TimeSpan at, PlateDetection detection, Reading? reading)
    {
        var seconds = (float)(at - Last).TotalSeconds;
        if (Frames > 0 && seconds > 0)
        {
            // Half of the old speed, half of the new: a jittering box must not fling the prediction away.
            _speedX = (_speedX + (detection.Box.CentreX - Box.CentreX) / seconds) / 2;
            _speedY = (_speedY + (detection.Box.CentreY - Box.CentreY) / seconds) / 2;
        }
        (Last, Until, Box, Frames) = (at, at, detection.Box, Frames + 1);
        Score = MathF.Max(Score, detection.Score);
        if (reading is null) return;
        (Read, Reads) = (at, Reads + 1);
        Hidden |= reading.IsPart;
        if (Published || reading.Length == 0) return;
        _consensus.Add(reading, FrameWeight.Of(detection.Box, _counted), Look(detection.Box));
        _counted = detection.Box;
        _consensus.Conclude(Conclusion);
        Tally(reading);
    }

    // A plate that trembles on the spot for an hour, or between two of them, is no more looks than it has places.
    private double Look(PixelBox box)
    {
        foreach (var place in _places)
            if (FrameWeight.New(box, place) < 1)
                return 0;
        if (_places.Count == MostPlaces) _places.RemoveAt(0);
        _places.Add(box);
        return FrameWeight.Clear(box);
    }

    /// <summary>It stands where it was seen last: nothing has moved until <paramref name="at"/>.</summary>
    public void Hold(TimeSpan at)
    {
        Until = at;
        (_speedX, _speedY) = (0, 0);
    }

    /// <summary>Frames that by themselves read exactly what the passage concludes on.</summary>
    public int Agreed
    {
        get
        {
            using var plate = Conclusion.ToPlate();
            return plate is null ? 0 : _said.GetValueOrDefault(plate);
        }
    }

    private void Tally(Reading reading)
    {
        if (reading.ToPlate() is not { } plate) return;
        if (_said.TryGetValue(plate, out var count))
        {
            _said[plate] = count + 1;
            plate.Dispose();
            return;
        }
        if (_said.Count == MostTexts) ForgetRarest();
        _said.Add(plate, 1);
    }

    private void ForgetRarest()
    {
        var least = _said.Values.Min();
        foreach (var (plate, count) in _said)
        {
            if (count > least) continue;
            _said.Remove(plate);
            plate.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var plate in _said.Keys) plate.Dispose();
        _said.Clear();
        _consensus.Dispose();
        Conclusion.Dispose();
        Crop?.Dispose();
    }
}
