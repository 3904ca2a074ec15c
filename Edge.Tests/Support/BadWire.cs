using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Edge.Tests.Support;

/// <summary>Two network namespaces of the kernel and the one wire between them, which loses and delays their packets as it is told and
/// looks at each. The wire is a TUN device at either end with this process between, because not every kernel has netem.</summary>
internal sealed class BadWire : IDisposable
{
    /// <summary>Addresses of the two ends.</summary>
    public const string Here = "10.77.0.1", There = "10.77.0.2";

    private const byte Icmp = 1, Tcp = 6, Udp = 17;

    private readonly string _one = $"edge-here-{Environment.ProcessId}", _other = $"edge-there-{Environment.ProcessId}";
    private readonly Random _random = new(20261126);
    private readonly List<FileStream> _ends = [];
    private readonly List<string> _seen = [];
    private readonly SortedSet<string> _strangers = new(StringComparer.Ordinal);
    private long _packets;

    private BadWire()
    {
    }

    /// <summary>Share of packets that get lost, each way.</summary>
    public double Loss { get; set; }

    /// <summary>How long a packet takes, each way.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Words that must not be read off the wire.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>The secrets that were.</summary>
    public IReadOnlyList<string> Seen
    {
        get
        {
            lock (_seen) return [.. _seen];
        }
    }

    /// <summary>To whom else than <see cref="Peer"/> the near end has sent something: address, protocol and port.</summary>
    public IReadOnlyCollection<string> Strangers
    {
        get
        {
            lock (_strangers) return [.. _strangers];
        }
    }

    /// <summary>The one TCP port at <see cref="There"/> that the near end may speak to.</summary>
    public int Peer { get; init; }

    /// <summary>IPv4 packets that came to it.</summary>
    public long Packets => Interlocked.Read(ref _packets);

    /// <summary>Lays the wire; skips the test where that is not allowed. Close the processes at its ends before it.</summary>
    /// <param name="host">A name for <see cref="There"/> that the near end knows, until <see cref="ForgetNames"/>.</param>
    /// <param name="port">See <see cref="Peer"/>.</param>
    public static BadWire Lay(string host, int port, params IReadOnlyList<string> secrets)
    {
        Assert.SkipUnless(File.Exists("/dev/net/tun") && File.Exists("/usr/sbin/ip") && Environment.UserName == "root",
            "needs root, /dev/net/tun and ip: network namespaces are made");
        var wire = new BadWire { Secrets = secrets, Peer = port };
        try
        {
            foreach (var (space, device, address) in new[]
                { (wire._one, $"edgeh{Environment.ProcessId % 100000}", Here), (wire._other, $"edget{Environment.ProcessId % 100000}", There) })
            {
                if (Ip("netns", "add", space) is { } refused) Assert.Skip($"network namespaces are not allowed here: {refused}");
                wire._ends.Add(Open(device));
                Assert.Null(Ip("link", "set", device, "netns", space) ?? Ip("-n", space, "addr", "add", $"{address}/24", "dev", device)
                    ?? Ip("-n", space, "link", "set", device, "up") ?? Ip("-n", space, "link", "set", "lo", "up"));
            }
            // So that whatever the near end says to whomever comes over this wire.
            Assert.Null(Ip("-n", wire._one, "route", "add", "default", "via", There));
            wire.Know(host);
        }
        catch
        {
            wire.Dispose();
            throw;
        }
        _ = wire.CarryAsync(wire._ends[0], wire._ends[1]);
        _ = wire.CarryAsync(wire._ends[1], wire._ends[0]);
        return wire;
    }

    /// <summary>From now on the near end finds the far one by name.</summary>
    public void Know(string host) => WriteNames($"127.0.0.1 localhost\n{There} {host}\n");

    /// <summary>From now on it finds nobody by name, and no name server answers.</summary>
    public void ForgetNames() => WriteNames("127.0.0.1 localhost\n");

    /// <summary>Starts a program at the near end.</summary>
    public Process StartHere(string program, params IEnumerable<string> arguments) => Start(_one, program, arguments);

    /// <summary>Starts a program at the far end.</summary>
    public Process StartThere(string program, params IEnumerable<string> arguments) => Start(_other, program, arguments);

    public void Dispose()
    {
        foreach (var space in new[] { _one, _other })
        {
            Ip("netns", "delete", space);
            if (Directory.Exists(Names(space))) Directory.Delete(Names(space), recursive: true);
        }
        foreach (var end in _ends) end.Dispose();
    }

    private static string Names(string space) => $"/etc/netns/{space}";

    // ip-netns(8) binds these over /etc, so an open file must be written into, not replaced.
    private void WriteNames(string hosts)
    {
        Directory.CreateDirectory(Names(_one));
        File.WriteAllText(Path.Combine(Names(_one), "hosts"), hosts);
        File.WriteAllText(Path.Combine(Names(_one), "resolv.conf"), $"nameserver {There}\noptions timeout:1 attempts:1\n");
    }

    private static Process Start(string space, string program, IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo("ip", ["netns", "exec", space, program, .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        })!;

    /// <returns>Null, or what it said.</returns>
    private static string? Ip(params string[] arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        var said = ip.StandardError.ReadToEnd();
        ip.WaitForExit();
        return ip.ExitCode == 0 ? null : $"ip {string.Join(' ', arguments)}: {said.Trim()}";
    }

    private async Task CarryAsync(FileStream from, FileStream to)
    {
        var underWay = Channel.CreateUnbounded<(long Due, byte[] Packet)>();
        var reading = Task.Factory.StartNew(() =>
        {
            var buffer = new byte[65536];
            try
            {
                while (from.Read(buffer) is > 0 and var length)
                {
                    var packet = buffer[..length];
                    Look(packet);
                    lock (_random)
                        if (_random.NextDouble() < Loss) continue;
                    underWay.Writer.TryWrite((Stopwatch.GetTimestamp() + (long)(Delay.TotalSeconds * Stopwatch.Frequency), packet));
                }
            }
            catch (Exception over) when (over is IOException or ObjectDisposedException)
            {
                // The namespace is gone, and the device with it.
            }
            underWay.Writer.Complete();
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await foreach (var (due, packet) in underWay.Reader.ReadAllAsync(CancellationToken.None))
        {
            if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is var left && left > TimeSpan.Zero)
                await Task.Delay(left, TimeProvider.System, CancellationToken.None);
            try
            {
                to.Write(packet);
            }
            catch (Exception over) when (over is IOException or ObjectDisposedException)
            {
                break;
            }
        }
        await reading;
    }

    private void Look(byte[] packet)
    {
        if (packet[0] >> 4 == 4) Interlocked.Increment(ref _packets); // IPv6 asks for routers by itself
        if (StrangerOf(packet) is { } stranger)
            lock (_strangers) _strangers.Add(stranger);
        foreach (var secret in Secrets)
            if (packet.AsSpan().IndexOf(Encoding.ASCII.GetBytes(secret)) >= 0)
                lock (_seen) _seen.Add(secret);
    }

    // RFC 791: protocol, addresses; the ports follow the header, whose length is in its first byte.
    private string? StrangerOf(byte[] packet)
    {
        if (packet[0] >> 4 != 4 || new IPAddress(packet.AsSpan(12, 4)).ToString() != Here) return null;
        var (protocol, to, header) = (packet[9], new IPAddress(packet.AsSpan(16, 4)), (packet[0] & 15) * 4);
        var port = protocol is Tcp or Udp ? BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(header + 2)) : 0;
        if (to.ToString() == There && (protocol == Tcp && port == Peer || protocol == Icmp)) return null;
        return protocol == Udp && port == 53 ? $"asks for {Encoding.ASCII.GetString(packet.AsSpan(header + 20)).Trim('\0')}"
            : $"{to} {(protocol == Tcp ? "tcp" : protocol == Udp ? "udp" : protocol)} {port}";
    }

    /// <summary>A TUN device without packet information (Linux, networking/tuntap.rst): each read and write is one IP packet.</summary>
    private static FileStream Open(string device)
    {
        const int ReadWrite = 2, CloseOnExec = 0x80000;
        const ulong SetInterface = 0x400454CA;
        var request = new byte[40]; // struct ifreq: name, then flags IFF_TUN | IFF_NO_PI
        Encoding.ASCII.GetBytes(device).CopyTo(request, 0);
        BitConverter.TryWriteBytes(request.AsSpan(16), (short)0x1001);
        var handle = open("/dev/net/tun", ReadWrite | CloseOnExec);
        Assert.SkipUnless(handle >= 0, "/dev/net/tun cannot be opened here");
        Assert.Equal(0, ioctl(handle, SetInterface, request));
        return new FileStream(new SafeFileHandle(handle, ownsHandle: true), FileAccess.ReadWrite, bufferSize: 0);
    }

#pragma warning disable IDE1006, SYSLIB1054, CA2101 // the C library's names
    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPStr)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int ioctl(int handle, ulong request, byte[] argument);
#pragma warning restore IDE1006, SYSLIB1054, CA2101
}
