using System.Globalization;
using Edge.Agent.Device;

namespace Edge.Agent.Doctor;

/// <summary>The disk that the box writes on: room, writable, worn.</summary>
internal static class DiskRows
{
    private const long Needed = 256L << 20;

    public static IEnumerable<Finding> Look(Patient patient)
    {
        var folder = patient.Configuration?.StateFolder ?? "/var/lib";
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } above) folder = above;
        yield return Room(folder, patient.Configuration);
        yield return Mount(patient.Machine, folder);
        foreach (var row in Wear(patient.Machine)) yield return row;
    }

    private static Finding Room(string folder, Configuration.AgentConfiguration? configuration)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        var outbox = (long)(configuration?.OutboxMegabytes ?? 0) << 20;
        var says = string.Create(CultureInfo.InvariantCulture, $"{free >> 20} MiB free for {folder}");
        return free < Needed ? Finding.Bad("room", says, "free some of it: journalctl --vacuum-size=100M, apt-get clean")
            : free < Needed + outbox ? Finding.Warning("room", string.Create(CultureInfo.InvariantCulture,
                $"{says}, less than the outbox may need ({outbox >> 20} MiB)"), "free some, or lower outboxMegabytes")
            : Finding.Good("room", says);
    }

    /// <summary>By how it is mounted, because root may write where the service may not, and a trial file would be one.</summary>
    private static Finding Mount(Machine machine, string folder)
    {
        var mounts = (machine.Read("/proc/self/mounts") ?? "").Split('\n').Select(line => line.Split(' ')).Where(fields => fields.Length > 3);
        var mount = mounts.Where(fields => IsBelow(folder, fields[1])).OrderBy(fields => fields[1].Length).LastOrDefault();
        if (mount is null) return Finding.Skipped("writable", "the machine does not say");
        return mount[3].Split(',').Contains("ro")
            ? Finding.Bad("writable", $"{mount[1]} is mounted read-only, as after a disk error",
                $"dmesg | grep -i error; then mount -o remount,rw {mount[1]}, or a new disk")
            : Finding.Good("writable", $"{mount[1]}, {mount[2]}");
    }

    private static bool IsBelow(string folder, string mount) =>
        mount == "/" || folder == mount || folder.StartsWith(mount + "/", StringComparison.Ordinal);

    /// <summary>eMMC says in tenths how much of its life is used (JESD84-B51, DEVICE_LIFE_TIME_EST): 0x01 up to 10 %, 0x0B beyond.</summary>
    private static IEnumerable<Finding> Wear(Machine machine)
    {
        var told = false;
        foreach (var disk in machine.List("/sys/class/block").Where(name => name.StartsWith("mmcblk", StringComparison.Ordinal)))
        {
            if (machine.Read($"/sys/class/block/{disk}/device/life_time") is not { } life) continue;
            var tenths = life.Split(' ').Select(Tenths).DefaultIfEmpty(0).Max();
            if (tenths == 0) continue;
            told = true;
            var says = tenths > 10 ? $"{disk} is beyond its rated life" : string.Create(CultureInfo.InvariantCulture,
                $"{disk} has used up to {tenths * 10} % of its life");
            yield return tenths > 10 ? Finding.Bad("wear", says, "replace the disk, then enrol the box anew (hub enrol --replace)")
                : tenths >= 9 ? Finding.Warning("wear", says, "plan a new disk") : Finding.Good("wear", says);
        }
        if (!told) yield return Finding.Skipped("wear", "the disk does not say");
    }

    private static int Tenths(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        && int.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var tenths) ? tenths : 0;
}
