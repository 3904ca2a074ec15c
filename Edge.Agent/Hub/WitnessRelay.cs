using Edge.Agent.Publishing;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Storage.Witnessing;

namespace Edge.Agent.Hub;

/// <summary>Asks a witness over HTTP on behalf of boxes, which speak to their broker alone. It signs nothing and need not be trusted: a box believes its
/// witness's key. What it is about to ask is on the disk first, so that an answer that was lost on its way can be asked for again. Not thread-safe.</summary>
/// <param name="witness">Who is asked.</param>
/// <param name="folder">Made if absent; it may be lost as long as no answer is.</param>
public sealed class WitnessRelay(HttpWitness witness, string folder)
{
    /// <summary>Asks about an offered checkpoint.</summary>
    /// <returns>What the witness has cosigned, of this offer or of one before it, for the log's owner to take; or why there is nothing.</returns>
    /// <exception cref="IOException">The disk refused.</exception>
    public async Task<(SignedNote? Note, string? Refusal)> AskAsync(CheckpointOffer offer, NoteKey log, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(offer);
        ArgumentNullException.ThrowIfNull(log);
        if (!offer.Note.IsSignedBy(log) || !Checkpoint.TryParse(offer.Note.Text, out var offered) || offered!.Origin != log.Name)
            return (null, $"the checkpoint is not signed by {log.Name}");
        var before = Asked(log);
        var (note, refusal) = await witness.AskAsync(old =>
        {
            // The one who lost the answer to what was asked last gets it again; from there its next offer goes on.
            var request = offer.RequestFrom(old) ?? (before is { } last && last.Size == old ? WitnessRequest.Of(last.Note, old, []) : null);
            if (request is not null) Remember(log, request.Note);
            return request;
        }, cancel, before?.Size ?? 0);
        return (note, refusal);
    }

    private string FileOf(NoteKey log) => Path.Combine(folder, $"{log.Id:x8}");

    private (SignedNote Note, long Size)? Asked(NoteKey log) => File.Exists(FileOf(log)) && File.ReadAllBytes(FileOf(log)) is var bytes
        && Checkpoint.TryOpen(bytes, log, out var checkpoint) && SignedNote.TryParse(bytes, out var note) ? (note!, checkpoint!.Size) : null;

    private void Remember(NoteKey log, SignedNote note)
    {
        DurableFile.MakeFolder(folder);
        DurableFile.Write(FileOf(log), note.Of(log).ToBytes());
    }
}
