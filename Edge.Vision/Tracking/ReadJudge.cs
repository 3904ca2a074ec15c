using Edge.Vision.Onnx;
using Edge.Vision.Recognition;
using Edge.Vision.Recognition.Regions;

namespace Edge.Vision.Tracking;

/// <summary>Decides what a track's frames amount to: region rules, then the gate. Knows one model's calibration and one
/// camera's settings. Pure.</summary>
internal sealed class ReadJudge
{
    private readonly RecogniserManifest _model;
    private readonly ReadGate _gate;
    private readonly RegionRules? _rules;
    private readonly double _leastEvidence;

    private ReadJudge(RecogniserManifest model, ReadGate gate, RegionRules? rules, double leastEvidence) =>
        (_model, _gate, _rules, _leastEvidence) = (model, gate, rules, leastEvidence);

    /// <exception cref="ModelException">The model cannot keep what the gate promises; the message says what to do.</exception>
    public static ReadJudge For(RecogniserManifest model, PipelineOptions options) =>
        options.Gate.TryEvidence(model.Calibration, out var least, out var problem)
            ? new ReadJudge(model, options.Gate, options.Rules, least)
            : throw new ModelException($"{model.Name}: {problem}");

    /// <param name="reading">Filled with what the track concludes, after the rules.</param>
    /// <param name="still">A still has one frame.</param>
    public Verdict Judge(PlateTrack track, bool still, Reading reading)
    {
        reading.CopyFrom(track.Conclusion);
        var changed = _rules is null ? [] : _rules.Apply(reading);
        var evidence = reading.Evidence;
        var agreed = track.Agreed;
        return new Verdict(
            !(track.Score >= _gate.Detector) ? Refusal.Detector
                : track.Cut ? Refusal.Cut
                : track.Hidden ? Refusal.Hidden
                : reading.Length < _gate.Length.Shortest || reading.Length > _gate.Length.Longest ? Refusal.Length
                : changed is null ? Refusal.Pattern
                : !(evidence >= _leastEvidence) ? Refusal.Evidence
                : agreed < (still ? 1 : _gate.Frames) ? Refusal.Frames : Refusal.None,
            evidence, changed is { Count: > 0 } ? null : _model.Calibration?.Right(evidence), agreed, changed ?? [],
            PlateRegion.Of(_model.Region, reading.Regions));
    }
}

/// <summary>What a <see cref="ReadJudge"/> says of a track.</summary>
/// <param name="Evidence">Of the text after the rules; never more than before them.</param>
/// <param name="Right">Probability that the whole text is right; null where the model has no calibration, and where a rule
/// changed the text: what that is worth was not measured.</param>
/// <param name="Agreed">Frames that by themselves read what the track concludes on, before the rules.</param>
/// <param name="RuleChanged">Positions of the characters that a region rule changed, from 0.</param>
internal sealed record Verdict(
    Refusal Refusal, float Evidence, double? Right, int Agreed, IReadOnlyList<int> RuleChanged, PlateRegion Region);
