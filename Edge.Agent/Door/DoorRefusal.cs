namespace Edge.Agent.Door;

/// <summary>Why a message from vision was refused. The incident and the log have the word, and nothing else of the message.</summary>
internal enum DoorRefusal
{
    Malformed,
    OutOfOrder,
    UnknownCamera,
    BadTime,
    BadCrop,
    TooManyHits,
    TooManyMessages,
    NotOnList,
    BadCount,
    WrongUser,
    /// <summary>By vision, of the agent: an upgrade that is half done.</summary>
    WrongVersion,
}

/// <summary>Ends the link that it came over.</summary>
internal sealed class DoorRefusedException(DoorRefusal refusal) : Exception($"vision was refused: {Word(refusal)}")
{
    public DoorRefusal Refusal { get; } = refusal;

    /// <summary>Lower-case words, fit for the log.</summary>
    public static string Word(DoorRefusal refusal) => refusal switch
    {
        DoorRefusal.Malformed => "malformed",
        DoorRefusal.OutOfOrder => "out-of-order",
        DoorRefusal.UnknownCamera => "unknown-camera",
        DoorRefusal.BadTime => "bad-time",
        DoorRefusal.BadCrop => "bad-crop",
        DoorRefusal.TooManyHits => "too-many-hits",
        DoorRefusal.TooManyMessages => "too-many-messages",
        DoorRefusal.NotOnList => "not-on-list",
        DoorRefusal.BadCount => "bad-count",
        DoorRefusal.WrongVersion => "wrong-version",
        _ => "wrong-user",
    };
}
