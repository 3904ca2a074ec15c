using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Edge.Agent.Governance;
using Edge.Agent.UsePolicy;
using Edge.Storage.Json;
using Edge.Storage.Trust;

namespace Edge.Agent.Cli;

/// <summary>What a waiting change would do, in words, for the keeper who is asked to sign it. It is read from the files that the
/// signature will cover, not from what anybody says of them.</summary>
internal static class ChangeReport
{
    /// <param name="trust">What is published today.</param>
    public static IEnumerable<string> Lines(TrustProposal proposal, string trust, DateTimeOffset now)
    {
        var lines = new List<string>();
        Compare<Policy>(TrustPath.Policy, Policy.TryParse, (old, next) =>
        [
            string.Create(CultureInfo.InvariantCulture, $"policy {old.Version} -> {next.Version}"),
            .. PolicyChange.Between(old, next).Select(change => $"  {change}"),
        ]);
        Compare<Operators>(TrustPath.Operators, Operators.TryParse, (old, next) =>
        [
            string.Create(CultureInfo.InvariantCulture, $"operators {old.Version} -> {next.Version}"),
            .. next.All.Where(one => !old.All.Contains(one))
                .Select(one => $"  may give orders: {one.Account}, {Duties.Write(one.Role)}, until {JsonTime.Write(one.Expires)}, key {one.Key.KeyId}"),
            .. old.All.Where(one => !next.All.Contains(one)).Select(one => $"  no more: {one.Account}, {Duties.Write(one.Role)}, key {one.Key.KeyId}"),
        ]);
        Compare<Recipients>(TrustPath.Recipients, Recipients.TryParse, (old, next) =>
        [
            string.Create(CultureInfo.InvariantCulture, $"recipients {old.Version} -> {next.Version}"),
            .. next.Keys.Where(key => !old.Keys.Contains(key))
                .Select(key => $"  hits may be sealed to {key.Key.KeyId} from {JsonTime.Write(key.NotBefore)} until {JsonTime.Write(key.Expires)}"),
            .. old.Keys.Where(key => !next.Keys.Contains(key))
                .Select(key => $"  no more: {key.Key.KeyId}, until {JsonTime.Write(key.Expires)}{(key.Expires <= now ? " (ended)" : "")}"),
        ]);
        if (proposal.Changed(TrustPath.Console) is { } console) lines.AddRange(Console(console, Path.Combine(trust, TrustPath.Console)));
        lines.AddRange(proposal.KeyChanges());
        if (lines.Count == 0) lines.Add("the same as today, for a new lifetime");
        return lines;

        void Compare<T>(string path, TryRead<T> read, Func<T, T, IEnumerable<string>> say) where T : class
        {
            if (proposal.Changed(path) is not { } bytes) return;
            if (!read(bytes, out var next, out var problems)) lines.Add($"{path} is refused by every box ({problems[0]}): do not sign it");
            else if (!read(File.ReadAllBytes(Path.Combine(trust, path)), out var old, out _)) lines.Add($"{path} replaces one that no box can read");
            else lines.AddRange(say(old, next));
        }
    }

    // The first list stands beside none.
    private static IEnumerable<string> Console(byte[] bytes, string published)
    {
        if (!ConsoleUsers.TryParse(bytes, out var next, out var problems))
            return [$"{TrustPath.Console} is refused by every box ({problems[0]}): do not sign it"];
        var old = File.Exists(published) && ConsoleUsers.TryParse(File.ReadAllBytes(published), out var read, out _) ? read : ConsoleUsers.Nobody(next.Agency);
        return
        [
            string.Create(CultureInfo.InvariantCulture, $"console {old.Version} -> {next.Version}"),
            .. next.All.SelectMany(one => one.Secrets.Keys.Except(old.WithCertificate(one.Certificate)?.Secrets.Keys ?? []).ToList() is { Count: > 0 } boxes
                ? [$"  may come in: {one.Account}, {Duties.Write(one.Role)}, until {JsonTime.Write(one.Expires)}, certificate {one.Certificate}, at {string.Join(", ", boxes)}"] : Array.Empty<string>()),
            .. old.All.Where(one => next.WithCertificate(one.Certificate) is null).Select(one => $"  no more: {one.Account}, {Duties.Write(one.Role)}"),
        ];
    }

    private delegate bool TryRead<T>(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out T? document, out IReadOnlyList<JsonProblem> problems);
}
