using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Enrolment;
using Edge.Storage.Files;
using Edge.Storage.Trust;

namespace Edge.Agent.Hub;

/// <summary>What a request would make of a box.</summary>
public enum BoxStanding
{
    /// <summary>No box of that name is known.</summary>
    New,
    /// <summary>The same box, with the same keys, asks again: it gets a new certificate.</summary>
    SameKeys,
    /// <summary>A box of that name is known with other keys: this one replaces it.</summary>
    OtherKeys,
}

/// <summary>The boxes of an agency: who is admitted, under which keys, and which keys were another box's before. What a replaced box signed
/// stays checkable by <c>boxes/former</c>.</summary>
internal sealed class BoxRegister(string agency, AgencyFolder folder)
{
    /// <summary>How long a box may take up an answer.</summary>
    public static readonly TimeSpan AnswerLife = TimeSpan.FromHours(24);

    /// <summary>What the request would make of its box.</summary>
    /// <exception cref="AgencyException">It is for another agency, or was granted before.</exception>
    public BoxStanding StandingOf(EnrolmentRequest request)
    {
        var box = request.Box;
        if (box.Agency != agency) throw new AgencyException($"the request is for agency {box.Agency}; this is {agency}");
        Agency.RequireBoxName(box.Box);
        var digest = request.Digest;
        if (Former(box.Box).Append(Find(box.Box)).OfType<KnownBox>().SelectMany(known => known.Earlier.Append(known.Request))
            .Any(used => used is not null && used.AsSpan().SequenceEqual(digest)))
            throw new AgencyException($"box {box.Box} is enrolled already with this very request, and a request is granted once: edge-agent setup --again on the box makes a new one");
        return Find(box.Box) is not { } present ? BoxStanding.New
            : HasSameKeys(present, request) ? BoxStanding.SameKeys : BoxStanding.OtherKeys;
    }

    // Whoever has a box's message key can sign a request; what auditors hold against its log, and what orders are sealed to, is not theirs to change by it.
    private static bool HasSameKeys(KnownBox known, EnrolmentRequest request) => known.Messages.Equals(request.Messages)
        && known.Log.Key.Equals(request.Log.Key) && known.Orders.KeyId == request.Orders.KeyId
        && (known.LogEpoch is null || known.LogEpoch.Key.Equals(request.LogEpoch.Key));

    /// <summary>Admits a box: certifies its TLS key and keeps its public keys; those of a box that it replaces are kept apart.</summary>
    /// <param name="request">Already judged by people.</param>
    /// <param name="terms">What goes into the answer beside the certificate.</param>
    /// <param name="now">When.</param>
    /// <param name="replace">It may take the place of a box with other keys.</param>
    /// <param name="simulated">True for a box that a simulation has made up.</param>
    /// <exception cref="AgencyException">It is refused; nothing was changed.</exception>
    public EnrolmentAnswer Admit(EnrolmentRequest request, AnswerTerms terms, DateTimeOffset now, bool replace, bool simulated)
    {
        var (box, standing, before) = (request.Box, StandingOf(request), Find(request.Box.Box));
        if (standing == BoxStanding.OtherKeys && !replace)
            throw new AgencyException($"box {box.Box} is enrolled already, with other keys: give --replace if this one takes its place");
        using var authority = CertificateAuthority.Open(folder.Tls);
        var certificate = authority.CertifyClient(request.SigningRequest, agency, box.Box, now);
        var epoch = standing switch
        {
            BoxStanding.SameKeys => before!.Epoch,
            _ => (before?.Epoch ?? Former(box.Box).Select(known => known.Epoch).DefaultIfEmpty(0).Max()) + 1,
        };
        if (standing == BoxStanding.OtherKeys)
        {
            DurableFile.MakeFolder(folder.FormerBoxes);
            DurableFile.Write(folder.FormerBox(box.Box, before!.Epoch), before.Write());
        }
        using var certified = X509CertificateLoader.LoadCertificate(certificate);
        DurableFile.Write(folder.Box(box.Box), new KnownBox(box, request.Messages, request.Orders, request.Log, now)
        {
            LogEpoch = request.LogEpoch, Simulated = simulated, Epoch = epoch, Request = request.Digest,
            Earlier = standing == BoxStanding.SameKeys ? [.. new[] { before!.Request }.OfType<byte[]>().Concat(before.Earlier).Take(KnownBox.MostEarlier)] : [],
            Tls = certified.PublicKey.ExportSubjectPublicKeyInfo(), CertificateEnds = new DateTimeOffset(certified.NotAfter.ToUniversalTime()),
        }.Write());
        return new EnrolmentAnswer(box, terms.Broker, authority.Certificate, certificate, terms.Root, now + AnswerLife) { Request = request.Digest,
            Epoch = epoch };
    }

    /// <summary>A new certificate for the TLS key that a known box has, to be carried there.</summary>
    /// <exception cref="AgencyException">The box is not known, or its TLS key is not.</exception>
    public EnrolmentAnswer Renew(string name, AnswerTerms terms, DateTimeOffset now)
    {
        Agency.RequireBoxName(name);
        var box = Find(name) ?? throw new AgencyException($"no box {name} is enrolled here");
        if (box.Tls is null)
            throw new AgencyException($"box {name} was enrolled by an earlier version, which did not keep its TLS key: run edge-agent setup --again there and hub enrol here");
        using var authority = CertificateAuthority.Open(folder.Tls);
        var certificate = authority.CertifyClient(PublicKey.CreateFromSubjectPublicKeyInfo(box.Tls, out _), agency, name, now);
        using var certified = X509CertificateLoader.LoadCertificate(certificate);
        DurableFile.Write(folder.Box(name), (box with { CertificateEnds = new DateTimeOffset(certified.NotAfter.ToUniversalTime()) }).Write());
        return new EnrolmentAnswer(box.Name, terms.Broker, authority.Certificate, certificate, terms.Root, now + AnswerLife) { Epoch = box.Epoch };
    }

    /// <summary>Boxes that bore the name before, the earliest first.</summary>
    public IReadOnlyList<KnownBox> Former(string box) => !Directory.Exists(folder.FormerBoxes) ? []
        : [.. Directory.EnumerateFiles(folder.FormerBoxes, "*.json").Select(Read).Where(known => known.Name.Box == box).OrderBy(known => known.Epoch)];

    private KnownBox? Find(string box) => File.Exists(folder.Box(box)) ? Read(folder.Box(box)) : null;

    private static KnownBox Read(string file) => KnownBox.TryParse(File.ReadAllBytes(file), out var box, out var problems) ? box
        : throw new AgencyException($"{file}: {problems[0]}; restore it, or remove it and enrol the box again");
}

/// <summary>What an answer says beside the certificate.</summary>
/// <param name="Root">The newest root of the trust repository.</param>
internal sealed record AnswerTerms(Edge.Agent.Publishing.BrokerAddress Broker, byte[] Root);
