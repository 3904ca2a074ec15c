using Edge.Storage.Json;

namespace Edge.Agent.Configuration;

/// <summary>A configuration file that is refused, with everything that is wrong with it.</summary>
public sealed class ConfigurationException(string path, IReadOnlyList<JsonProblem> problems)
    : Exception(string.Join('\n', problems.Select(problem => $"{path}: {problem}")))
{
    public IReadOnlyList<JsonProblem> Problems { get; } = problems;
}
