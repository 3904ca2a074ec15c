namespace Edge.Agent.Doctor;

/// <summary>Ways by which memory that plates are read in could reach a disk.</summary>
internal static class MemoryRows
{
    public static IEnumerable<Finding> Look(Patient patient)
    {
        var machine = patient.Machine;
        var swaps = (machine.Read("/proc/swaps") ?? "").Split('\n').Skip(1).Select(line => line.Split([' ', '\t'])[0])
            .Where(one => one.Length > 0 && !one.StartsWith("/dev/zram", StringComparison.Ordinal)).ToList();
        yield return swaps.Count == 0 ? Finding.Good("swap", "none")
            : Finding.Warning("swap", $"{string.Join(", ", swaps)}; the unit forbids itself swap where the kernel counts it",
                @"swapoff -a; sed -i '/\sswap\s/s/^/#/' /etc/fstab");
        // Of a pipe the kernel does not heed LimitCORE=0 (core(5)); systemd's own does, others do not.
        var pattern = machine.Read("/proc/sys/kernel/core_pattern") ?? "";
        yield return !pattern.StartsWith('|') || pattern.Contains("systemd-coredump", StringComparison.Ordinal) ? Finding.Good("core dumps",
            "the unit's limit holds")
            : Finding.Warning("core dumps", "go to a program that need not heed the unit's limit",
                "sysctl -w kernel.core_pattern=core, and the same in /etc/sysctl.d");
    }
}
