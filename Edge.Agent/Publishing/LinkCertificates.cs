using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Agent.Publishing;

/// <summary>The PEM files with which a client and a broker recognise each other.</summary>
/// <param name="CaFile">The agency's CA; nothing else is trusted, not the system's store.</param>
/// <param name="CertificateFile">Our own certificate.</param>
/// <param name="KeyFile">Its private key.</param>
public sealed record LinkCertificates(string CaFile, string CertificateFile, string KeyFile)
{
    /// <summary>The CA certificates, at least one.</summary>
    /// <exception cref="BrokerException">The file is missing or holds no certificate.</exception>
    internal X509Certificate2Collection LoadCa()
    {
        var ca = new X509Certificate2Collection();
        try
        {
            ca.ImportFromPemFile(CaFile);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Unusable($"cannot read the CA file {CaFile}", "copy the agency's CA certificate there, in PEM", unreadable);
        }
        return ca.Count > 0 ? ca
            : throw Unusable($"{CaFile} holds no certificate", "copy the agency's CA certificate there, in PEM");
    }

    /// <summary>Our own certificate with its key.</summary>
    /// <exception cref="BrokerException">A file is missing or malformed, they do not belong together, or the certificate
    /// is not valid at <paramref name="now"/>.</exception>
    internal X509Certificate2 LoadOwn(DateTimeOffset now)
    {
        X509Certificate2 own;
        try
        {
            own = X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException
            or CryptographicException or ArgumentException)
        {
            throw Unusable($"cannot use {CertificateFile} with {KeyFile}",
                "both must be PEM, readable, and belong together; enrol again if they are lost", unreadable);
        }
        if (now >= own.NotBefore && now <= own.NotAfter) return own;
        var (from, to) = (own.NotBefore.ToUniversalTime(), own.NotAfter.ToUniversalTime());
        own.Dispose();
        throw Unusable($"{CertificateFile} is valid from {from:yyyy-MM-dd HH:mm} to {to:yyyy-MM-dd HH:mm} UTC, and it is " +
            $"{now.UtcDateTime:yyyy-MM-dd HH:mm}", "correct the clock, or renew the certificate");
    }

    /// <summary>Changes with the files' bytes.</summary>
    /// <returns>SHA-256 over all three; empty if one cannot be read.</returns>
    internal byte[] Stamp()
    {
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var file in new[] { CaFile, CertificateFile, KeyFile }) hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
            return hash.GetHashAndReset();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static BrokerException Unusable(string what, string toDo, Exception? inner = null) =>
        new(BrokerFailure.OwnCertificate, $"{what}: {toDo}", inner);
}
