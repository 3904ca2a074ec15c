using Edge.Agent.Matching;
using Edge.Storage.Database;
using Edge.Storage.Files;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>The hotlists that an agency publishes, blinded: its own, and a small one for the boxes of each agency that looks for
/// something of its. They are signed by the hub's own key, with no keeper.</summary>
public sealed class HotlistBook
{
    /// <summary>How long boxes may use a hotlist after it was published.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(7);

    private readonly Agency _agency;
    private readonly AgencyFolder _folder;
    private readonly KeysAtHand _keys;

    internal HotlistBook(Agency agency, AgencyFolder folder, KeysAtHand keys) => (_agency, _folder, _keys) = (agency, folder, keys);

    /// <summary>The list as it is published, expired entries too.</summary>
    /// <param name="refused">Entries that the policy no longer allows; boxes do not use them.</param>
    /// <param name="audience">Another agency, for the list that its boxes get.</param>
    /// <exception cref="AgencyException">It cannot be read.</exception>
    public Hotlist Published(out IReadOnlyList<RefusedEntry> refused, string? audience = null)
    {
        refused = [];
        var path = FileOf(audience);
        if (audience is not null && !File.Exists(path)) return HotlistRevision.Empty(_agency.Name, Published(out _).Cost);
        return Hotlist.TryParse(File.ReadAllBytes(path), _agency.Policy, DateTimeOffset.MinValue, out var hotlist, out refused) ? hotlist
            : throw new AgencyException($"{path}: {refused[0]}");
    }

    /// <summary>Changes it: blinds what is new, carries the rest over, signs and publishes.</summary>
    /// <param name="progress">Told the number of plates blinded, from any thread.</param>
    /// <returns>Without a next list nothing changed.</returns>
    /// <exception cref="StateBusyException">Somebody else is changing it.</exception>
    /// <exception cref="OperationCanceledException">Stopped while blinding; nothing changed.</exception>
    public HotlistOutcome Change(HotlistChange change, DateTimeOffset now, IProgress<int>? progress, CancellationToken stop = default) =>
        Change(null, change, now, progress, stop);

    /// <summary>The same for the list that the boxes of another agency get: a small one, with a salt and versions of its own, in
    /// <c>shares/{audience}</c>, to hand over.</summary>
    /// <param name="audience">The other agency; null for this one's own list.</param>
    /// <inheritdoc cref="Change(HotlistChange, DateTimeOffset, IProgress{int}?, CancellationToken)"/>
    public HotlistOutcome Change(string? audience, HotlistChange change, DateTimeOffset now, IProgress<int>? progress, CancellationToken stop = default)
    {
        using var alone = _agency.Alone();
        var old = Published(out var lapsed, audience);
        var outcome = HotlistRevision.Apply(old, change, _agency.Policy, now, now + Life, progress, stop);
        outcome = outcome with { Refused = [.. outcome.Refused, .. lapsed.Select(entry => entry with { Index = null })] };
        if (outcome.Next is not { } next) return outcome;
        if (audience is not null)
            OtherHotlist.Write(_agency.Grants.OfferFor(audience, now).Folder, _agency.Name, audience, Signer, next.Write(), now);
        else
        {
            // Recorded before it is signed: what boxes look for without an entry in the log would be looked for unseen.
            var list = next.Write();
            if (_agency.Publications.Exists) _agency.Publications.Record(_agency.Name, next.Version, list);
            _agency.Writer().Publish(new TargetFiles(_agency.Target(TrustPath.Policy), _agency.Target(TrustPath.Operators),
                _agency.Target(TrustPath.Recipients),
                list), now);
        }
        return outcome;
    }

    /// <summary>Checks what these lists are signed with.</summary>
    internal VerifyingKey Key => Signer.Public;

    internal string FileOf(string? audience) => Path.Combine(audience is null ? _agency.TrustFolder : _folder.Share(audience), TrustPath.Hotlist(_agency.Name));

    private SigningKey Signer => _keys.Signers.Hotlists.Keys is [var key, ..] ? key
        : throw new AgencyException("the key that signs the hotlist is not here: restore keys/hotlists.key");
}
