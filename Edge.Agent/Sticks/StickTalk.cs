using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Edge.Storage.Audit;
using Edge.Storage.Json;

namespace Edge.Agent.Sticks;

/// <summary>What the agent and the process at a stick say to each other: sentences of strict JSON. The order of them is in this folder's README.</summary>
internal static class StickTalk
{
    /// <summary>The socket's name, below the agent's runtime folder.</summary>
    public const string SocketName = "stick.sock";

    public static byte[] Hello(string box) => JsonSerializer.SerializeToUtf8Bytes(new { box });

    public static byte[] Ask(string verb, string stick) => JsonSerializer.SerializeToUtf8Bytes(new { verb, stick });

    public static byte[] Offer(StickOffer offer) => offer.Problem is { } problem
        ? JsonSerializer.SerializeToUtf8Bytes(new { verb = "offer", stick = offer.Stick, free = offer.Free, problem })
        : JsonSerializer.SerializeToUtf8Bytes(new { verb = "offer", stick = offer.Stick, free = offer.Free });

    public static byte[] Outcome(AuditOutcome outcome, string? file = null) => file is null
        ? JsonSerializer.SerializeToUtf8Bytes(new { outcome = outcome.ToString() })
        : JsonSerializer.SerializeToUtf8Bytes(new { outcome = outcome.ToString(), file });

    public static bool TryHello(byte[] said, [NotNullWhen(true)] out string? box) => StrictJson.TryRead(said, StickLink.Sentence,
        fields => fields.Text("box", name => Publishing.BoxName.IsValid(name), "must be a box's name"), out box, out _);

    public static bool TryAsked(byte[] said, [NotNullWhen(true)] out StickAsked? asked) => StrictJson.TryRead(said, StickLink.Sentence, fields =>
    {
        var verb = fields.Text("verb", verb => verb is "offer" or "write" or "end", "must be offer, write or end");
        var stick = fields.Text("stick", StickOffer.IsStick, "must be a device's name");
        return verb == "offer" ? new StickAsked(verb, stick, fields.Long("free", 0, long.MaxValue), fields.Has("problem") ? fields.Text("problem", 64) : null)
            : new StickAsked(verb, stick, 0, null);
    }, out asked, out _);

    public static bool TryOutcome(byte[] said, [NotNullWhen(true)] out StickAnswered? answered) => StrictJson.TryRead(said, StickLink.Sentence, fields =>
    {
        var outcome = AuditOutcome.Done;
        fields.Text("outcome", text => AuditOutcome.TryParse(text, out outcome), "must be done or refused:reason");
        return new StickAnswered(outcome, fields.Has("file") ? fields.Text("file", IsFile, "must be a box's name and a time") : null);
    }, out answered, out _);

    private static bool IsFile(string name) => name.Length is > 0 and <= 64 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-');
}

/// <summary>What the process at a stick asks.</summary>
internal sealed record StickAsked(string Verb, string Stick, long Free, string? Problem);

/// <summary>What it is answered.</summary>
/// <param name="File">The name, without ending, under which a bundle is to be written.</param>
internal sealed record StickAnswered(AuditOutcome Outcome, string? File);
