using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Agent.Publishing;

/// <summary>Judges the certificate that a broker shows during one handshake, and remembers why it was refused: the TLS
/// stack reports every refusal with the same words.</summary>
internal sealed class BrokerIdentity(BrokerAddress broker, string caFile)
{
    /// <summary>True once the broker has shown a certificate that we accept.</summary>
    public bool Accepted { get; private set; }

    /// <summary>Why its certificate was refused, if it was.</summary>
    public BrokerException? Refusal { get; private set; }

    /// <summary>Called by the handshake; the chain was built against our CA alone.</summary>
    public bool Judge(X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        Accepted = errors == SslPolicyErrors.None;
        if (Accepted) return true;
        if (shown is null)
            Refusal = new(BrokerFailure.UntrustedCertificate, $"the broker at {broker} shows no certificate");
        else if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
            Refusal = new(BrokerFailure.UntrustedCertificate, $"do not trust the broker at {broker}: {ChainFault(chain)}");
        else
        {
            using var certificate = new X509Certificate2(shown);
            Refusal = new(BrokerFailure.WrongHostName, $"do not trust the broker at {broker}: its certificate is for " +
                $"{NamesIn(certificate)}, not {broker.Host}. Use the name in its certificate, or give the broker one for {broker.Host}");
        }
        return false;
    }

    private string ChainFault(X509Chain? chain)
    {
        var faults = (chain?.ChainStatus ?? []).DefaultIfEmpty(new X509ChainStatus { Status = X509ChainStatusFlags.PartialChain })
            .Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        if ((faults & ~X509ChainStatusFlags.NotTimeValid) == 0)
            return "its certificate is out of date, or this clock is wrong. Correct the clock, or renew the broker's certificate";
        return $"its certificate is not signed by CA file {caFile}. Use the CA file of the agency that runs this broker";
    }

    private static string NamesIn(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(extension =>
            extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(address => $"{address}"))).Take(4);
        return string.Join(", ", names) is { Length: > 0 } listed ? listed : "no host";
    }
}
