using Edge.Storage.Json;
using Edge.Vision.Onnx;

namespace Edge.Agent.Configuration;

/// <summary>Whether the models can keep what a configuration asks of them.</summary>
internal static class GatePromise
{
    /// <exception cref="ConfigurationException">They cannot, or are not there.</exception>
    public static void Demand(AgentConfiguration configuration, string path)
    {
        try
        {
            var models = ModelManifest.Load(configuration.ModelFolder);
            if (!configuration.Gate.TryEvidence(models.Recogniser.Calibration, out _, out var problem))
                throw new ConfigurationException(path, [new JsonProblem("", problem)]);
        }
        catch (ModelException missing)
        {
            throw new ConfigurationException(path, [new JsonProblem("modelFolder", missing.Message)]);
        }
    }
}
