namespace Edge.Agent.Evaluation;

/// <summary>What the recognition bench measures on; names as the command line spells them, kebab-case.</summary>
[Flags]
internal enum BenchSets
{
    None = 0,
    /// <summary>Photographs of vehicles, as they are.</summary>
    Scenes = 1,
    /// <summary>Pictures that are plate crops: the recogniser alone.</summary>
    Crops = 2,
    /// <summary>Photographs of the training sets that training leaves out.</summary>
    HeldOut = 4,
    /// <summary>The scenes made worse.</summary>
    Degraded = 8,
    /// <summary>Pictures without a plate: nothing may be read.</summary>
    PlateFree = 16,
    /// <summary>Recordings, passage by passage.</summary>
    Footage = 32,
    /// <summary>Films of one vehicle each, with known plate, light, speed and frame rate: all frames together against the best single
    /// one.</summary>
    Passages = 64,
    All = Scenes | Crops | HeldOut | Degraded | PlateFree | Footage | Passages,
}
