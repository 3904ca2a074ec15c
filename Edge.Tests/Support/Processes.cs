namespace Edge.Tests.Support;

/// <summary>Tests that count this process's children, threads, descriptors or memory, or that time the machine, run with nothing beside them.</summary>
[CollectionDefinition(nameof(Processes), DisableParallelization = true)]
public sealed class Processes;
