namespace Edge.Tests.Capture;

/// <summary>Tests that count this process's children, threads and descriptors run with nothing beside them.</summary>
[CollectionDefinition(nameof(Processes), DisableParallelization = true)]
public sealed class Processes;
