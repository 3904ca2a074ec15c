using System.Net;
using System.Text.RegularExpressions;

namespace Edge.Vision.Capture;

/// <summary>
/// The address of a network camera, which may carry a password in its user part, and in practice in its path and query
/// too. It prints as scheme, host and port only.
/// </summary>
internal sealed partial class CameraAddress
{
    private readonly Uri _address;

    private CameraAddress(Uri address) => _address = address;

    /// <summary>The whole address, user and password included: for the camera, never for print.</summary>
    public string WithSecrets => _address.AbsoluteUri;

    public string Scheme => _address.Scheme;

    /// <summary>Host and port.</summary>
    public string Host => _address.Authority;

    /// <summary>The address without its user part, for HTTP requests.</summary>
    public Uri WithoutUser => new UriBuilder(_address) { UserName = "", Password = "" }.Uri;

    /// <summary>The user part, percent-decoded; null where there is none.</summary>
    public NetworkCredential? Credential
    {
        get
        {
            if (_address.UserInfo.Length == 0) return null;
            var colon = _address.UserInfo.IndexOf(':', StringComparison.Ordinal);
            var user = colon < 0 ? _address.UserInfo : _address.UserInfo[..colon];
            var password = colon < 0 ? "" : _address.UserInfo[(colon + 1)..];
            return new NetworkCredential(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password));
        }
    }

    /// <summary>True for an absolute address with a host and without control characters.</summary>
    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out CameraAddress? address)
    {
        address = null;
        if (text.AsSpan().ContainsAnyInRange('\0', ' ') || text.Contains('\x7f', StringComparison.Ordinal)) return false;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0) return false;
        address = new CameraAddress(uri);
        return true;
    }

    /// <summary>Takes out of a foreign text every address and every part of this one that may be secret.</summary>
    public string Scrub(string text)
    {
        var scrubbed = AnyAddress().Replace(text, "(address)");
        foreach (var secret in Secrets().Where(secret => secret.Length > 2).OrderByDescending(secret => secret.Length))
            scrubbed = scrubbed.Replace(secret, "(hidden)", StringComparison.OrdinalIgnoreCase);
        return scrubbed;
    }

    public override string ToString() => $"{Scheme}://{Host}/";

    private IEnumerable<string> Secrets()
    {
        var path = _address.PathAndQuery;
        string[] quoted = [_address.AbsoluteUri, _address.OriginalString, _address.UserInfo, path, path.TrimStart('/')];
        foreach (var secret in quoted)
        {
            yield return secret;
            yield return Uri.UnescapeDataString(secret);
        }
        if (Credential is not { } credential) yield break;
        yield return credential.UserName;
        yield return credential.Password;
        yield return Uri.EscapeDataString(credential.Password);
    }

    // A quoted address may hold blanks once decoded, so it ends at the quote; a bare one at the blank.
    [GeneratedRegex(@"'[a-z][a-z0-9+.-]*://[^\r\n]*'|[a-z][a-z0-9+.-]*://\S+", RegexOptions.IgnoreCase)]
    private static partial Regex AnyAddress();
}
