namespace Edge.Storage.Outbox;

/// <summary>What a message is, in the order the outbox sends them: an incident before a hit before a summary.</summary>
public enum MessageKind
{
    Incident = 0,
    Hit = 1,
    Answer = 2,
    Checkpoint = 3,
    Summary = 4,
}
