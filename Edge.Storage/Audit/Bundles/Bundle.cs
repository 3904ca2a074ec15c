using Edge.Storage.Sealing;

namespace Edge.Storage.Audit.Bundles;

/// <summary>A bundle, or the folder of a log, opened to be verified, searched or counted: offline, without an agent, without a secret of a
/// box. Only an auditor's own key opens what a full bundle carries for that auditor.</summary>
public sealed class Bundle : IDisposable
{
    private readonly IBundleFiles _files;
    private readonly BundleLog _log;
    private readonly byte[]? _manifest;
    private readonly Findings _findings = new("bundle");

    private Bundle(IBundleFiles files, RecipientKey? auditor)
    {
        (_files, _log) = (files, new BundleLog(files));
        if (!files.Names.Contains(BundleManifest.Name)) return;
        _manifest = files.Read(BundleManifest.Name, BundleManifest.MaxBytes);
        if (_manifest is null || !BundleManifest.TryParse(_manifest, out var manifest))
        {
            _findings.Add("not what an export writes", BundleManifest.Name);
            return;
        }
        Manifest = manifest;
        Check(manifest, auditor);
    }

    /// <summary>What it says of itself; null for the folder of a log. Believe it only once <see cref="Verify"/> holds.</summary>
    public BundleManifest? Manifest { get; }

    /// <summary>How many entries have something disclosed here that could be opened.</summary>
    public int Opened => _log.Opened.Count;

    /// <summary>Whose log its checkpoint says it is; null without a checkpoint that can be read. A claim, until <see cref="Verify"/> holds.</summary>
    public string? Origin => _files.Read(LogFolder.CheckpointName, SignedNote.MaxBytes) is { } bytes && SignedNote.TryParse(bytes, out var note)
        && Checkpoint.TryParse(note!.Text, out var checkpoint) ? checkpoint!.Origin : null;

    internal LogFolder Log => _log;

    /// <param name="path">A bundle's folder or archive, or the folder of a log.</param>
    /// <param name="auditor">Opens what is sealed to it. Borrowed, until this returns.</param>
    /// <exception cref="BundleException">A link, a hostile name, an archive in another spelling.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Bundle Open(string path, RecipientKey? auditor = null) =>
        new(Directory.Exists(path) ? new FolderFiles(path) : new BundleTar.Files(path), auditor);

    /// <summary>Verifies everything: see <see cref="AuditVerifier"/>, and <c>bundle</c> (it is what it says, and carries no more), <c>gaps</c>.</summary>
    /// <param name="log">The log's key, which came from elsewhere.</param>
    /// <param name="olderNote">A signed checkpoint kept from before.</param>
    /// <param name="witnesses">Whose cosignatures must be there.</param>
    /// <param name="firstEpoch">The key of the log's first epoch, from where <paramref name="log"/> comes; null if there is none.</param>
    /// <param name="seen">Called with each entry that could be read, in order. Without it, it goes faster.</param>
    /// <param name="progress">Told how many entries have been verified.</param>
    /// <exception cref="IOException">A file could not be read at all.</exception>
    public AuditReport Verify(NoteKey log, byte[]? olderNote, IReadOnlyList<NoteKey> witnesses, out LogGaps gaps, NoteKey? firstEpoch = null,
        Action<long, AuditEntry>? seen = null, IProgress<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(log);
        var watch = new LogGapWatch();
        var report = AuditVerifier.Verify(_log, log, olderNote, entriesAreAudit: true, witnesses, firstEpoch?.Key, progress, seen, watch.Look);
        gaps = watch.Gaps;
        if (Manifest?.Log is { } named && named != log.ToString()) _findings.Add("it names another key of the log than the one given", BundleManifest.Name);
        var entriesRead = report.Checks.Any(check => check is { Name: "entries", Result: CheckResult.Passed });
        return report with { Checks = [Itself(), .. report.Checks, watch.Check(entriesRead)] };
    }

    public void Dispose() => _files.Dispose();

    private AuditCheck Itself() => _manifest is null ? _findings.Skipped("the folder of a log, not an export")
        : Manifest is null ? _findings.ToCheck("")
        : _findings.ToCheck(Manifest.Kind == BundleKind.Public ? "for the public: nothing disclosed"
            : Opened > 0 || Manifest.Disclosed == 0 ? $"for auditor {Manifest.Auditor}: {Opened} entries disclosed and opened"
            : $"for auditor {Manifest.Auditor}: {Manifest.Disclosed} entries disclosed, not opened: no --auditor-key");

    private void Check(BundleManifest manifest, RecipientKey? auditor)
    {
        if (_files.Read(LogFolder.CheckpointName, SignedNote.MaxBytes) is not { } bytes || !SignedNote.TryParse(bytes, out var note)
            || !Checkpoint.TryParse(note!.Text, out var checkpoint)) return; // said by the check of the checkpoint
        if (checkpoint!.Origin != manifest.Origin || checkpoint.Size != manifest.Size)
            _findings.Add($"says {manifest.Origin} with {manifest.Size} entries, the checkpoint {checkpoint.Origin} with {checkpoint.Size}",
                BundleManifest.Name);
        if (Sha256Hash.TryParse(manifest.Root, out var root) && root != checkpoint.Root)
            _findings.Add("says another root than the checkpoint", BundleManifest.Name, expected: checkpoint.Root, actual: root);
        foreach (var file in _log.Enumerate().Where(file => file.Kind == LogFileKind.Disclosure).Take(1))
            _findings.Add("an export carries nothing that is concealed in the clear", file.Name);
        var parts = _files.Names.Where(SealedDisclosures.IsPart).ToList();
        var expected = Enumerable.Range(0, Math.Min(manifest.Parts, BundleNames.MostFiles)).Select(SealedDisclosures.NameOf).ToHashSet(StringComparer.Ordinal);
        if (manifest.Kind == BundleKind.Public && (parts.Count > 0 || manifest is not { Auditor: null, Parts: 0, Disclosed: 0 }))
            _findings.Add("an export to the public carries nothing for an auditor", parts.FirstOrDefault() ?? BundleManifest.Name);
        foreach (var part in parts.Where(part => !expected.Contains(part))) _findings.Add("not a part that this bundle has", part);
        foreach (var part in expected.Except(parts)) _findings.Add("missing", part);
        if (manifest.Kind != BundleKind.Full || auditor is null) return;
        if (auditor.Public.KeyId != manifest.Auditor)
        {
            _findings.Add($"it is sealed to auditor {manifest.Auditor}, the key given is {auditor.Public.KeyId}", BundleManifest.Name);
            return;
        }
        for (var i = 0; i < Math.Min(manifest.Parts, BundleNames.MostFiles); i++)
            if (_files.Read(SealedDisclosures.NameOf(i), SealedPart.MaxJson) is { } sealedPart
                && !SealedDisclosures.TryOpen(sealedPart, i, checkpoint, auditor, _log.Opened))
                _findings.Add("does not open: it was changed, or is of another export", SealedDisclosures.NameOf(i));
        if (_log.Opened.Count != manifest.Disclosed)
            _findings.Add($"{manifest.Disclosed} entries should be disclosed, {_log.Opened.Count} are", BundleManifest.Name);
    }
}
