using System.Text;
using Edge.Storage.Audit;

namespace Edge.Storage.Witnessing;

/// <summary>What C2SP tlog-witness says of <c>add-checkpoint</c> over HTTP, without any HTTP: bytes in, status, type and bytes out.</summary>
/// <param name="Status">The HTTP status code.</param>
/// <param name="ContentType">Null where there is no body of its own.</param>
/// <param name="Body">The cosignature's line, or the size last cosigned.</param>
public sealed record WitnessResponse(int Status, string? ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>The type of a body that is a size.</summary>
    public const string SizeType = "text/x.tlog.size";

    private const string LinesType = "text/plain; charset=utf-8";

    /// <summary>Answers one request.</summary>
    /// <param name="body">As it was posted; larger than <see cref="WitnessRequest.MaxBytes"/> is 413, which the spec leaves open.</param>
    /// <param name="log">Finds a log's key by its origin; null for an unknown one.</param>
    /// <param name="witness">Persists before it signs.</param>
    /// <param name="told">Told what the witness made of a request about a known log.</param>
    /// <exception cref="IOException">The disk refused: nothing was signed; a 500 to HTTP.</exception>
    public static WitnessResponse To(ReadOnlySpan<byte> body, Func<string, NoteKey?> log, LogWitness witness, Action<WitnessRequest, NoteKey,
        Witnessed>? told = null)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(witness);
        if (body.Length > WitnessRequest.MaxBytes) return Plain(413);
        if (!WitnessRequest.TryParse(body, out var request)) return Plain(400);
        if (log(request!.Checkpoint.Origin) is not { } key) return Plain(404);
        var witnessed = witness.Take(request, key);
        told?.Invoke(request, key, witnessed);
        var (verdict, known, cosignature) = witnessed;
        return verdict switch
        {
            WitnessVerdict.Consistent => new WitnessResponse(200, LinesType, Encoding.UTF8.GetBytes($"{cosignature}\n")),
            WitnessVerdict.UnknownLog => Plain(404),
            WitnessVerdict.NotSigned => Plain(403),
            WitnessVerdict.ProofFromBeyond => Plain(400),
            WitnessVerdict.Smaller or WitnessVerdict.ProofFromElsewhere or WitnessVerdict.Forked =>
                new WitnessResponse(409, SizeType, Encoding.ASCII.GetBytes($"{Canonical.Decimal(known?.Size ?? 0)}\n")),
            _ => Plain(422),
        };
    }

    private static WitnessResponse Plain(int status) => new(status, null, default);
}
