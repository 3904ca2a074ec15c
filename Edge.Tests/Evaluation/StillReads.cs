using Edge.Agent.Commissioning;
using Edge.Vision.Recognition;
using Edge.Vision.Tracking;

namespace Edge.Tests.Evaluation;

/// <summary>Reads for tests of what is counted and shown.</summary>
internal static class StillReads
{
    public static StillRead Of(string text, float evidence = 0.9f, bool accepted = true) =>
        new(text, evidence, evidence, evidence, accepted ? Refusal.None : Refusal.Evidence, PlateRegion.Unknown, [], default);
}
