using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Edge.Agent.Governance;
using Edge.Storage.Audit;

namespace Edge.Agent.LanConsole;

/// <summary>Somebody who came in with both factors.</summary>
/// <param name="Certificate">The one they came in with; the session is nobody else's.</param>
/// <param name="Form">What every form of theirs carries, so that no other page can send one.</param>
internal sealed record Session(string Account, AuditRole Role, string Certificate, DateTimeOffset Expires, string Form)
{
    public override string ToString() => $"Session({Duties.Write(Role)})";
}

/// <summary>Who is in. In memory alone: a restart ends every session. Thread-safe.</summary>
internal sealed class Sessions(TimeProvider time)
{
    /// <summary>From coming in, whatever is done meanwhile: a code is typed again after that.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Session> _all = new(StringComparer.Ordinal);

    /// <summary>Lets somebody in; where they were before ends.</summary>
    /// <returns>What the browser keeps; here only its hash is.</returns>
    public string Begin(ConsoleUser user)
    {
        var (token, form) = (Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var over in _all.Where(one => one.Value.Expires <= now || one.Value.Certificate == user.Certificate).ToList()) _all.Remove(over.Key);
            _all[Hash(token)] = new Session(user.Account, user.Role, user.Certificate, now + Life, form);
        }
        return token;
    }

    /// <summary>Whose token this is, under the certificate that it came in on; null for a stranger's and for one that is over.</summary>
    public Session? Find(string? token, string certificate)
    {
        if (token is not { Length: 43 }) return null;
        lock (_gate)
            return _all.TryGetValue(Hash(token), out var session) && session.Certificate == certificate && time.GetUtcNow() < session.Expires ? session : null;
    }

    public void End(Session session)
    {
        lock (_gate)
            foreach (var one in _all.Where(one => one.Value == session).ToList()) _all.Remove(one.Key);
    }

    private static string Hash(string token) => Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(token)));
}
