using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Edge.Agent.Publishing;

namespace Edge.Agent.Doctor;

/// <summary>Who the box is, and whether it can prove it.</summary>
internal static class IdentityRows
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(60);

    public static IEnumerable<Finding> Look(Patient patient)
    {
        if (patient.Enrolment is not { } enrolment)
        {
            yield return Finding.Skipped("enrolment", "there is no usable configuration");
            yield break;
        }
        if (!MayList(patient.Configuration!.EnrolmentFolder))
        {
            yield return Finding.Skipped("enrolment", "this user may not look: run it as root");
            yield break;
        }
        if (enrolment.Waiting is { } waiting)
            yield return Finding.Warning("request", $"{waiting.Box} waits for its agency's answer; fingerprint {waiting.Fingerprint}",
                "sudo edge-agent setup --answer FILE");
        if (!enrolment.IsEnrolled)
        {
            yield return Finding.Bad("enrolment", "this box is not enrolled", "sudo edge-agent setup");
            yield break;
        }
        var box = enrolment.Name();
        yield return Finding.Good("enrolment", $"{box}");
        yield return Certificate(patient, enrolment.Certificates, box);
    }

    private static Finding Certificate(Patient patient, LinkCertificates files, BoxName box)
    {
        var now = patient.Time.GetUtcNow();
        try
        {
            using var own = files.LoadOwn(now);
            using var ca = files.LoadCa()[0];
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(ca);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.VerificationTime = now.UtcDateTime;
            if (!chain.Build(own)) return Finding.Bad("certificate", "is not signed by the agency's CA beside it",
                "sudo edge-agent setup --again, and enrol it anew");
            var left = own.NotAfter.ToUniversalTime() - now.UtcDateTime;
            var says = string.Create(CultureInfo.InvariantCulture, $"good for {left.TotalDays:0} days");
            return left > Soon ? Finding.Good("certificate", says) : Finding.Warning("certificate", says,
                $"at the hub: edge-agent hub renew DIR {box.Box}; here: sudo edge-agent setup --answer FILE");
        }
        catch (BrokerException unusable)
        {
            return !CanRead(files.KeyFile) ? Finding.Skipped("certificate", "this user may not read its key: run it as root") : Finding.Bad("certificate",
                unusable.Message,
                $"set the clock, or at the hub: edge-agent hub renew DIR {box.Box}; here: sudo edge-agent setup --answer FILE");
        }
    }

    private static bool MayList(string folder)
    {
        try
        {
            _ = Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any();
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool CanRead(string file)
    {
        try
        {
            File.OpenRead(file).Dispose();
            return true;
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            return refused is not UnauthorizedAccessException;
        }
    }
}
