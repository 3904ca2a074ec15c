using System.Diagnostics.CodeAnalysis;

namespace Edge.Agent.Publishing;

/// <summary>Whether the box is there.</summary>
public enum Presence
{
    /// <summary>Said at every connect.</summary>
    Online,
    /// <summary>Said at a clean stop, or by the broker as the box's last will.</summary>
    Offline,
}

/// <summary>The one retained event: presence, and which software says so.</summary>
/// <param name="State">Online or offline.</param>
/// <param name="Software">The agent's version, 1 to 64 printable ASCII characters.</param>
public sealed record BoxStatus(Presence State, string Software)
{
    private const int MaxBytes = 1024;

    /// <summary>The status as the JSON of an event's data.</summary>
    public byte[] ToJson() => MessageJson.Write(this);

    /// <summary>Reads what <see cref="ToJson"/> writes; <paramref name="reason"/> names members.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out BoxStatus? status, out string reason)
    {
        reason = MessageJson.Read(json, MaxBytes, out status) ?? "";
        if (status is { Software: var software } && (software.Length is < 1 or > 64
            || software.Any(character => character is < ' ' or > '~')))
        {
            reason = "software is not 1 to 64 printable ASCII characters";
            status = null;
        }
        return status is not null;
    }
}
