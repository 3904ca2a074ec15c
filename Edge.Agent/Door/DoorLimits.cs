namespace Edge.Agent.Door;

/// <summary>Every bound of the door, in one place; the reasons are in this folder's README.</summary>
internal static class DoorLimits
{
    public const ushort Version = 2;

    /// <summary>Largest message to the agent: an aim view with the largest picture.</summary>
    public const int LargestToAgent = LargestView + 1024;

    /// <summary>Largest message to vision: 64 lists with more entries than an agency and its partners may have.</summary>
    public const int LargestToVision = 8 << 20;

    public const int LargestCrop = 64 * 1024;

    /// <summary>An aim view: three times what a street of 480 × 270 pixels takes.</summary>
    public const int LargestView = 128 * 1024;

    public const int ViewWidth = 480;
    public const int ViewHeight = 1024;

    /// <summary>Seconds that one request to look through a camera holds.</summary>
    public const int LongestAim = 300;

    /// <summary>Views that were under way when they were asked for no more.</summary>
    public static readonly TimeSpan LateView = TimeSpan.FromSeconds(10);

    public const int MostCameras = 16;
    public const int MostLists = 64;
    public const int MostEntries = 50_000;

    /// <summary>Cases that one plate is looked for by; further ones wait for the plate's next passage.</summary>
    public const int MostEntriesOfHit = 64;

    /// <summary>Hits that vision keeps until they are stored.</summary>
    public const int MostWaiting = 256;

    /// <summary>How long a live camera's next one waits for room: meanwhile its pipeline forgets nobody, and is to have forgotten after five seconds.</summary>
    public static readonly TimeSpan RoomWithin = TimeSpan.FromSeconds(3);

    /// <summary>How long it keeps one.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);

    /// <summary>How old a passage may be when its hit comes in: kept as long as may be, and a frame that took its minute.</summary>
    public static readonly TimeSpan OldestHit = TimeSpan.FromMinutes(15);

    /// <summary>What a frame may take before the watchdog ends vision; no passage is older when it is decided on.</summary>
    public static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(60);

    /// <summary>Four vehicles a second, each looked for: no road has that. A hotlist that does is broken, and so is a vision.</summary>
    public const int HitsPerMinuteOfCamera = 240;

    public const int HitsPerMinute = 960;

    /// <summary>One a second, and one for each recording that ends.</summary>
    public const int TalliesPerMinute = 180;

    /// <summary>Twenty a second: of two cameras that somebody looks through there are eight.</summary>
    public const int ViewsPerMinute = 1200;

    /// <summary>Reads that one frame can end: far more plates than fit into a picture.</summary>
    public const int ReadsPerFrame = 32;

    /// <summary>A recording is played as fast as it can be read.</summary>
    public const int FramesPerSecond = 1000;

    /// <summary>How far frames may be ahead of the time that they would take.</summary>
    public static readonly TimeSpan FramesAhead = TimeSpan.FromSeconds(10);

    /// <summary>What the first tally since the agent's start may bring from the time when nobody listened: frames of 16 cameras in a year.</summary>
    public const long MostFramesAtOnce = 1L << 34;

    public static readonly TimeSpan TallyEvery = TimeSpan.FromSeconds(1);

    /// <summary>Without a message for so long nobody is there.</summary>
    public static readonly TimeSpan SilentFor = TimeSpan.FromSeconds(60);

    public static readonly TimeSpan GreetedWithin = TimeSpan.FromSeconds(20);

    /// <summary>After a refusal nobody is let in for so long: a vision gone bad cannot fill the log.</summary>
    public static readonly TimeSpan ShutFor = TimeSpan.FromMinutes(1);

    /// <summary>Vision's tries to be let in.</summary>
    public static readonly TimeSpan KnockEvery = TimeSpan.FromSeconds(1);

    /// <summary>How long the last hits and the last tally are waited for at a stop.</summary>
    public static readonly TimeSpan FarewellWithin = TimeSpan.FromSeconds(10);

    /// <summary>How long a camera that another configuration changes is still read, until who is before it has passed.</summary>
    public static readonly TimeSpan PassedWithin = TimeSpan.FromSeconds(10);

    /// <summary>How long vision may take to open what another configuration asks for, to let the last vehicles pass and to send them.</summary>
    public static readonly TimeSpan ChangedWithin = TimeSpan.FromSeconds(60);
}
