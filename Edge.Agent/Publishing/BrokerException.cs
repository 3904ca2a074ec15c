namespace Edge.Agent.Publishing;

/// <summary>Why there is no link to the broker, in the words a technician can act on.</summary>
public enum BrokerFailure
{
    /// <summary>One of our own certificate files is missing, malformed or out of date.</summary>
    OwnCertificate,
    /// <summary>The name does not resolve, nothing listens, or nothing answers.</summary>
    Unreachable,
    /// <summary>It answers, but not with TLS 1.3.</summary>
    NoTls13,
    /// <summary>Its certificate is not signed by our CA, or is out of date.</summary>
    UntrustedCertificate,
    /// <summary>Its certificate is for another host.</summary>
    WrongHostName,
    /// <summary>It does not accept our certificate.</summary>
    CertificateRefused,
    /// <summary>It knows us, and does not allow this.</summary>
    NotAuthorised,
    /// <summary>It answers, but refuses the connection for a reason of its own.</summary>
    Refused,
    /// <summary>The link was up and is gone.</summary>
    Lost,
}

/// <summary>There is no link to the broker. The message says which broker, what is wrong and what to do.</summary>
public sealed class BrokerException(BrokerFailure failure, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What is wrong, for code that must choose.</summary>
    public BrokerFailure Failure { get; } = failure;
}
