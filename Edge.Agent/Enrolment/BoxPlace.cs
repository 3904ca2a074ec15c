using Edge.Agent.Commissioning;
using Edge.Agent.Device;
using Edge.Storage.Keys;

namespace Edge.Agent.Enrolment;

/// <summary>Where a box is set up: the machine itself, as the package left it, or a folder of its own for a try.</summary>
/// <param name="Configuration">The configuration file.</param>
/// <param name="IsMachine">The real place: root's, under systemd.</param>
internal sealed record BoxPlace(Machine Machine, string Configuration, string State, string Enrolment, bool IsMachine)
{
    private const string User = "edge-agent";
    private const string Unit = "edge-agent.service";
    private const string VisionUnit = "edge-vision.service";

    public static BoxPlace OfMachine(Machine machine, string configuration, string? state, string? enrolment) =>
        new(machine, configuration, state ?? Enrolled.DefaultStateFolder, enrolment ?? "/etc/edge/enrolment", IsMachine: true);

    public static BoxPlace OfFolder(Machine machine, string folder) =>
        new(machine, Path.Combine(folder, "edge.json"), Path.Combine(folder, "state"), Path.Combine(folder, "enrolment"), IsMachine: false);

    /// <summary>Opens the box's keys, or makes them; the caller disposes them.</summary>
    /// <param name="wrap"><c>auto</c>, <c>credential</c> or <c>file</c>.</param>
    /// <param name="how">How they are wrapped, for the technician; null if they were there already.</param>
    /// <exception cref="EnrolmentException">They cannot be wrapped so, or what is there does not open.</exception>
    public KeyFolder OpenKeys(string wrap, out string? how)
    {
        how = null;
        var (credential, keys) = (new WrappingCredential(Machine), Path.Combine(State, "keys"));
        if (File.Exists(Path.Combine(keys, "wrap.key"))) return KeyFolder.Open(State, credentialsDirectory: null);
        var made = File.Exists(Path.Combine(keys, "message.key"));
        if (made || credential.Exists && wrap != "file" && IsMachine)
        {
            if (credential.Open() is { } raw) return Open(raw);
            throw new EnrolmentException(made
                ? $"the keys in {keys} are wrapped under {WrappingCredential.File}, which does not open: run this as root on the machine it was made on"
                : $"{WrappingCredential.File} does not open on this machine: remove it, and a new one is made");
        }
        if (wrap == "credential" || wrap == "auto" && IsMachine && Machine.HasSystemd)
        {
            how = credential.Make(out var fresh);
            if (fresh is not null) return Open(fresh);
            if (wrap == "credential") throw new EnrolmentException($"no credential could be made: {how}");
            how = $"a file beside them, because {how}: whoever takes the disk has them";
        }
        else how = "a file beside them: whoever takes the disk has them";
        return KeyFolder.Open(State, credentialsDirectory: null);

        KeyFolder Open(byte[] raw)
        {
            try
            {
                return KeyFolder.OpenWith(State, raw);
            }
            finally
            {
                System.Security.Cryptography.CryptographicOperations.ZeroMemory(raw);
            }
        }
    }

    /// <summary>Gives what root has made to the user that the service runs as; without such a user, or in a folder, nothing happens.</summary>
    /// <exception cref="EnrolmentException">It does not work.</exception>
    public void HandOver()
    {
        if (!IsMachine || !Environment.IsPrivilegedProcess || Machine.Run("id", ["-u", User]) is not { Code: 0 }) return;
        // -h: the service's user may have put links there, and root follows none.
        Run("chown", "-hR", $"{User}:{User}", State, Enrolment);
        var folder = Path.GetDirectoryName(Configuration)!;
        Run("chown", "-h", $"root:{User}", folder);
        Run("chmod", "750", folder);
        if (!File.Exists(Configuration)) return;
        Run("chown", "-h", $"root:{User}", Configuration);
        Run("chmod", "640", Configuration);
    }

    /// <summary>Opens to the service that sees what these cameras need: a network, <c>/dev/video*</c>, or nothing.</summary>
    /// <returns>The package's drop-ins that were needed and are not here.</returns>
    public IReadOnlyList<string> AllowCameras(IReadOnlyList<string> sources)
    {
        if (!IsMachine) return [];
        var missing = new List<string>();
        foreach (var (name, isNeeded) in new[]
        {
            ("local-camera.conf", sources.Any(source => source.StartsWith("/dev/video", StringComparison.Ordinal))),
            ("network-camera.conf", sources.Any(source => source.Contains("://", StringComparison.Ordinal))),
        })
        {
            var drop = Machine.At($"/etc/systemd/system/{VisionUnit}.d/{name}");
            var shipped = Machine.At($"/usr/share/doc/edge-agent/examples/{name}");
            if (!isNeeded || File.Exists(drop)) continue;
            if (!File.Exists(shipped))
            {
                missing.Add(name);
                continue;
            }
            Directory.CreateDirectory(Path.GetDirectoryName(drop)!);
            File.Copy(shipped, drop);
            _ = Machine.Run("systemctl", ["daemon-reload"]);
        }
        return missing;
    }

    /// <summary>True where there is a service to start.</summary>
    public bool HasService => IsMachine && Machine.HasSystemd && Machine.Run("systemctl", ["cat", Unit]) is { Code: 0 };

    /// <summary>Starts both services, now and at every boot.</summary>
    /// <returns>Null, or what is against it.</returns>
    public string? Start() => Machine.Run("systemctl", ["enable", "--quiet", VisionUnit, Unit]) is { Code: 0 }
        && Machine.Run("systemctl", ["restart", "--no-block", VisionUnit, Unit]) is { Code: 0 }
        ? null : "systemctl enable --now edge-vision edge-agent does not work: see journalctl -u edge-agent";

    private void Run(string program, params string[] arguments)
    {
        if (Machine.Run(program, arguments) is not { Code: 0 })
            throw new EnrolmentException($"{program} {string.Join(' ', arguments)} does not work: the service could not read what was made");
    }
}
