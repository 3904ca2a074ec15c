using System.Security.Cryptography;
using Edge.Agent.Device;
using Edge.Storage.Files;
using Edge.Storage.Keys;

namespace Edge.Agent.Enrolment;

/// <summary>The wrapping key as an encrypted systemd credential (systemd-creds(1)): the service manager opens it for the unit, and a disk taken
/// out of the machine opens nowhere else if the machine has a TPM.</summary>
internal sealed class WrappingCredential(Machine machine)
{
    /// <summary>Where the unit's <c>LoadCredentialEncrypted=</c> finds it.</summary>
    public const string File = $"/etc/credstore.encrypted/{KeyFolder.CredentialName}";

    private const string Program = "systemd-creds";

    public bool Exists => System.IO.File.Exists(machine.At(File));

    /// <summary>Makes one, and sees that it opens again before anything is wrapped under it.</summary>
    /// <param name="key">Its 32 bytes, which the caller wipes; null if none could be made.</param>
    /// <returns>What was made, or why none could be: for the technician.</returns>
    public string Make(out byte[]? key)
    {
        key = null;
        var fresh = RandomNumberGenerator.GetBytes(WrappingKey.Size);
        // auto: the TPM where there is one, and a key of this host.
        var made = machine.Run(Program, ["encrypt", "--with-key=auto", $"--name={KeyFolder.CredentialName}", "-", "-"], fresh);
        if (made is not { Code: 0, Output.Length: > 0 })
        {
            CryptographicOperations.ZeroMemory(fresh);
            return made is null ? "systemd-creds is not here" : $"systemd-creds refuses: {made.Error.Trim().Split('\n')[^1]}";
        }
        var path = machine.At(File);
        DurableFile.MakeFolder(Path.GetDirectoryName(path)!);
        DurableFile.Write(path, made.Output);
        var opened = Open();
        var same = opened is not null && CryptographicOperations.FixedTimeEquals(opened, fresh);
        if (opened is not null) CryptographicOperations.ZeroMemory(opened);
        if (!same)
        {
            CryptographicOperations.ZeroMemory(fresh);
            DurableFile.Destroy(path);
            return "systemd-creds made one that it does not open again";
        }
        key = fresh;
        return machine.Run(Program, ["has-tpm2", "--quiet"]) is { Code: 0 } ? "a credential that this machine's TPM opens"
            : "a credential under a key of this machine, which has no TPM: it lies on the same disk";
    }

    /// <summary>The 32 bytes, which the caller wipes; null if it is not there or does not open for this user.</summary>
    public byte[]? Open()
    {
        var opened = Exists ? machine.Run(Program, ["decrypt", $"--name={KeyFolder.CredentialName}", machine.At(File), "-"]) : null;
        return opened is { Code: 0, Output.Length: WrappingKey.Size } ? opened.Output : null;
    }

    /// <summary>Destroys it: without it the keys on the disk open nothing.</summary>
    public void Destroy() => DurableFile.Destroy(machine.At(File));
}
