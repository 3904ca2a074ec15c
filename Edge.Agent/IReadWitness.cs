using Edge.Vision.Recognition;

namespace Edge.Agent;

/// <summary>Sees every read, so that the demo and the tests can hunt for what should have been forgotten. No verb that runs
/// on an enrolled box ever passes one; a test holds that.</summary>
internal interface IReadWitness
{
    /// <remarks>Borrows <paramref name="plate"/>: copy it to keep it.</remarks>
    void Saw(PlateText plate, bool matched);
}
