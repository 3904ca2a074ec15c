namespace Edge.Agent.Clock;

/// <summary>What counts while the machine runs, whatever its clock is set to.</summary>
public interface IBootCounter
{
    /// <summary>Names this boot of the machine; another one has another name. 1 to 64 characters.</summary>
    string Boot { get; }

    /// <summary>Time since that boot, time asleep included; never goes back.</summary>
    TimeSpan Elapsed { get; }
}
