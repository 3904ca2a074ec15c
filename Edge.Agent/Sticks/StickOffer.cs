namespace Edge.Agent.Sticks;

/// <summary>What was found on a stick, told by a process that reads it and judges nothing.</summary>
/// <param name="Stick">Which one: the kernel's name of its device.</param>
/// <param name="Free">Bytes that it has room for.</param>
/// <param name="Order">What lies where an order lies; empty where there is a problem.</param>
/// <param name="Problem">One of <see cref="Problems"/>; null if something lies there.</param>
internal sealed record StickOffer(string Stick, long Free, ReadOnlyMemory<byte> Order, string? Problem)
{
    public const string NoOrder = "no-order";
    public const string NotPlain = "not-a-plain-file";
    public const string TooLarge = "too-large";
    public const string Unreadable = "unreadable";
    public const string Full = "stick-full";
    public const string Failing = "stick-failing";
    public const string Lost = "stick-lost";

    /// <summary>What may be wrong with a stick before an order is judged.</summary>
    public static IReadOnlySet<string> Problems { get; } = new HashSet<string> { NoOrder, NotPlain, TooLarge, Unreadable };

    /// <summary>What may go wrong while it is written.</summary>
    public static IReadOnlySet<string> Failures { get; } = new HashSet<string> { Full, Failing, Lost };

    /// <summary>True for the kernel's name of a device, as udev hands it on.</summary>
    public static bool IsStick(string name) => name.Length is > 0 and <= 32 && name.All(letter => char.IsAsciiLetterOrDigit(letter));
}
