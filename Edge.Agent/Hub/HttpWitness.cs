using System.Globalization;
using System.Net;
using System.Text;
using Edge.Storage.Audit;
using Edge.Storage.Witnessing;

namespace Edge.Agent.Hub;

/// <summary>A witness that is asked over HTTP, as C2SP tlog-witness says: <c>POST {prefix}/add-checkpoint</c>. Nothing that it answers is believed here: it
/// goes to whoever verifies it, under the key that the policy names.</summary>
/// <param name="http">Borrowed.</param>
/// <param name="prefix">Where it listens, <c>https://witness.example/edge</c>; http in a private network.</param>
public sealed class HttpWitness(HttpClient http, Uri prefix)
{
    /// <summary>Largest answer read, in bytes.</summary>
    public const int MaxAnswer = 16 * 1024;

    /// <summary>A witness that has not answered by then is passed over.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);

    /// <summary>For asking witnesses: goes where it is told to and follows nobody elsewhere. The caller disposes it.</summary>
    public static HttpClient Client()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        return new HttpClient(handler);
    }

    /// <summary>True for an address that can be asked.</summary>
    public static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address is { Query: "", Fragment: "", UserInfo: "" };

    /// <summary>Asks for a cosignature. A witness that knows another size than was thought says so, and is asked again from there.</summary>
    /// <param name="request">Makes the request from a size; null if the log has not so many entries.</param>
    /// <param name="known">Where to start.</param>
    /// <returns>The note with the witness's lines, or why there is none.</returns>
    public async Task<(SignedNote? Note, string? Refusal)> AskAsync(Func<long, WitnessRequest?> request, CancellationToken cancel, long known = 0)
    {
        ArgumentNullException.ThrowIfNull(request);
        for (var again = false; ; again = true)
        {
            if (request(known) is not { } asked) return (null,
                $"{prefix} knows {known} entries of the log, and nothing here proves what came after those: the log was set back, or an answer was lost; the next checkpoint may prove it");
            var (status, body, failure) = await PostAsync(asked.ToBytes(), cancel);
            if (failure is not null) return (null, failure);
            if (status == HttpStatusCode.OK) return Cosigned(asked.Note, body) is { } note ? (note, null) : (null, $"{prefix} answered with no cosignature");
            if (status != HttpStatusCode.Conflict || again || Size(body) is not { } size) return (null, $"{prefix} {Said(status)}");
            known = size;
        }
    }

    /// <summary>The size that the witness says it knows, in its answer to a request that began elsewhere (C2SP tlog-witness, 409).</summary>
    private static long? Size(ReadOnlySpan<byte> body) =>
        body is [.. { Length: > 0 } digits, (byte)'\n'] && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : null;

    private static SignedNote? Cosigned(SignedNote asked, ReadOnlySpan<byte> lines) =>
        SignedNote.TryParse([.. Encoding.UTF8.GetBytes(asked.ToString()), .. lines], out var note) && note!.Text == asked.Text
        && note.Signatures.Count > asked.Signatures.Count ? note : null;

    private static string Said(HttpStatusCode status) => status switch
    {
        HttpStatusCode.NotFound => "does not know this log: have its owner add the log's key",
        HttpStatusCode.Forbidden => "does not know the key that signed the log's checkpoint",
        HttpStatusCode.Conflict => "refused twice where to prove from: the log has two histories, or somebody else asks it too",
        HttpStatusCode.UnprocessableEntity => "says that the log does not follow from what it cosigned: it was rewritten or set back",
        HttpStatusCode.TooManyRequests => "asks for more time between requests",
        _ => $"answered {(int)status}",
    };

    private async Task<(HttpStatusCode Status, byte[] Body, string? Failure)> PostAsync(byte[] request, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(AnswerWithin);
        try
        {
            using var content = new ByteArrayContent(request);
            content.Headers.ContentType = new("text/plain") { CharSet = "utf-8" };
            using var message = new HttpRequestMessage(HttpMethod.Post, new Uri($"{prefix.AbsoluteUri.TrimEnd('/')}/add-checkpoint")) { Content = content };
            using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            await using var stream = await answer.Content.ReadAsStreamAsync(deadline.Token);
            var body = new byte[MaxAnswer + 1];
            var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, deadline.Token);
            return length > MaxAnswer ? (default, [], $"{prefix} answered with more than {MaxAnswer} bytes") : (answer.StatusCode, body[..length], null);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (default, [], $"{prefix} did not answer within {AnswerWithin.TotalSeconds} s");
        }
        catch (HttpRequestException refused)
        {
            return (default, [], $"{prefix} cannot be reached: {refused.Message}");
        }
        catch (IOException lost)
        {
            return (default, [], $"{prefix} broke off: {lost.Message}");
        }
    }
}
