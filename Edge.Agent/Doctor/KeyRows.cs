using Edge.Agent.Enrolment;
using Edge.Storage.Keys;

namespace Edge.Agent.Doctor;

/// <summary>How the box's keys lie on the disk.</summary>
internal static class KeyRows
{
    public static IEnumerable<Finding> Look(Patient patient)
    {
        if (patient.Configuration is not { } configuration)
        {
            yield return Finding.Skipped("keys", "there is no usable configuration");
            yield break;
        }
        var tpm = patient.Machine.List("/sys/class/tpmrm").Count > 0;
        yield return tpm ? Finding.Good("TPM", "there is one") : Finding.Skipped("TPM", "this machine has none");
        var keys = Path.Combine(configuration.StateFolder, "keys");
        var credential = File.Exists(patient.Machine.At(WrappingCredential.File));
        var file = File.Exists(Path.Combine(keys, "wrap.key"));
        if (patient.Health is { } health) (credential, file) = (health.WrappedBy == WrappingKeySource.Credential,
            health.WrappedBy == WrappingKeySource.StateDirectory);
        if (credential) yield return Finding.Good("wrapped by", tpm ? "a credential that the TPM opens"
            : "a credential that a key of this machine opens; it lies on the same disk");
        else if (file) yield return Finding.Warning("wrapped by", "a file beside them: whoever takes the disk has them",
            "only a box without keys can begin with a credential: edge-agent decommission, then edge-agent setup as root");
        else yield return Finding.Skipped("wrapped by", Directory.Exists(keys) ? "this user may not look: run it as root" : "no keys were made yet");
        if (patient.Health is null && !credential && !file && Directory.Exists(keys) && Environment.UserName == "root")
            yield return Finding.Bad("wrapping key", "there are keys, and nothing that opens them",
                $"restore {WrappingCredential.File}, or enrol the box anew");
    }
}
