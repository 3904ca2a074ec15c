using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using OpenCvSharp;

namespace Edge.Vision.Capture.Mjpeg;

/// <summary>One MJPEG stream over HTTP. Talks to the configured host only: no redirect, no proxy, no cookie; basic and
/// digest log-in; a certificate behind https must be one this machine trusts.</summary>
internal sealed class MjpegFeed(CameraAddress camera) : ILiveFeed
{
    // A camera may garble a picture now and then; one that garbles a second's worth is broken.
    private const int BadPicturesInARow = 25;

    private readonly CancellationTokenSource _cut = new();
    private readonly byte[] _chunk = GC.AllocateArray<byte>(16 << 10, pinned: true);
    private HttpClient? _http;
    private HttpResponseMessage? _response;
    private Stream? _body;
    private MultipartParser? _parser;

    public Mat Read(FramePool pool)
    {
        try
        {
            if (_body is null) Connect();
            for (var bad = 0; bad < BadPicturesInARow; bad++)
                if (StillPicture.TryDecode(NextPart(), out var pixels, out _)) return pool.Adopt(pixels);
        }
        catch (Exception failure) when (_cut.IsCancellationRequested && failure is not CaptureException)
        {
            throw new CaptureException($"{camera}: closed");
        }
        catch (HttpRequestException failure)
        {
            throw new CaptureException($"{camera}: {Advice(failure)}") { Fault = FaultOf(failure) };
        }
        catch (IOException)
        {
            throw new CaptureException($"{camera}: the connection broke") { Fault = CameraFault.Silent };
        }
        throw new CaptureException($"{camera}: {BadPicturesInARow} pictures in a row are damaged, no JPEG or too large") { Fault = CameraFault.Unreadable };
    }

    public void Cut() => _cut.Cancel();

    public void Dispose()
    {
        _cut.Cancel();
        _response?.Dispose();
        _http?.Dispose();
        _parser?.Dispose();
    }

    private void Connect()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxResponseHeadersLength = 16, // KiB
            Credentials = Credentials(),
        };
        // What a camera shows does not say where else this machine calls.
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }; // deadlines are the supervisor's
        using var request = new HttpRequestMessage(HttpMethod.Get, camera.WithoutUser);
        _response = _http.Send(request, HttpCompletionOption.ResponseHeadersRead, _cut.Token);
        // A blocked read of the body does not look at the token; taking the connection away ends it.
        _cut.Token.Register(_response.Dispose);
        if (_response.StatusCode != HttpStatusCode.OK)
            throw new CaptureException($"{camera}: {Advice(_response.StatusCode)}") { Fault = FaultOf(_response.StatusCode) };
        _parser = Parser(_response.Content.Headers.ContentType);
        _body = _response.Content.ReadAsStream(_cut.Token);
    }

    private CredentialCache? Credentials()
    {
        if (camera.Credential is not { } credential) return null;
        return new CredentialCache
        {
            { camera.WithoutUser, "Digest", credential },
            { camera.WithoutUser, "Basic", credential },
        };
    }

    private MultipartParser Parser(MediaTypeHeaderValue? type)
    {
        if (type?.MediaType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) != true)
            throw new CaptureException($"{camera}: answers with {Printable(type?.MediaType)}, not with an MJPEG stream " +
                "(multipart/x-mixed-replace): use the camera's video address, not its page or its snapshot") { Fault = CameraFault.NoStream };
        var boundary = type.Parameters.FirstOrDefault(
            parameter => parameter.Name.Equals("boundary", StringComparison.OrdinalIgnoreCase))?.Value;
        return MultipartParser.TryCreate(boundary, out var parser)
            ? parser : throw new CaptureException($"{camera}: the stream names no boundary between its pictures") { Fault = CameraFault.NoStream };
    }

    private ReadOnlySpan<byte> NextPart()
    {
        while (true)
        {
            switch (_parser!.Next(out var part))
            {
                case MultipartStep.Part: return part;
                case MultipartStep.Ended: throw new CaptureException($"{camera}: the camera ended the stream") { Fault = CameraFault.Silent };
                case MultipartStep.Refused: throw new CaptureException($"{camera}: the camera sends {_parser.Refusal}") { Fault = CameraFault.Unreadable };
            }
            var read = _body!.Read(_chunk);
            if (read == 0) throw new CaptureException($"{camera}: the camera ended the stream") { Fault = CameraFault.Silent };
            _parser.Append(_chunk.AsSpan(0, read));
            _chunk.AsSpan(0, read).Clear();
        }
    }

    private static string Advice(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => "the camera refused the user name or password",
        HttpStatusCode.Forbidden => "the camera refuses this user this stream",
        HttpStatusCode.NotFound => "the camera has no stream under this path",
        >= HttpStatusCode.Moved and < HttpStatusCode.BadRequest => "the camera redirects elsewhere: configure the final address",
        _ => $"the camera answers HTTP {(int)status}",
    };

    private static string Advice(HttpRequestException failure) => failure.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "the host name does not resolve",
        HttpRequestError.ConnectionError => "nothing answers at this port",
        HttpRequestError.SecureConnectionError => "the camera's certificate is not trusted by this machine",
        _ => $"HTTP failed ({failure.HttpRequestError})",
    };

    private static CameraFault FaultOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => CameraFault.Refused,
        HttpStatusCode.NotFound => CameraFault.NoStream,
        _ => CameraFault.Other,
    };

    private static CameraFault FaultOf(HttpRequestException failure) => failure.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError => CameraFault.Unreachable,
        HttpRequestError.SecureConnectionError => CameraFault.Refused,
        _ => CameraFault.Other,
    };

    private static string Printable(string? mediaType) =>
        mediaType is { Length: <= 60 } ? mediaType : "an unnamed type";
}
