using System.Globalization;
using System.Net.Sockets;
using Edge.Agent.Configuration;
using Edge.Storage.Json;

namespace Edge.Agent.Door;

/// <summary>The door to another process: a socket in the file system that one user may use.</summary>
internal sealed class FrontDoor : IVisionEntrance
{
    /// <summary>Where the units have it.</summary>
    public const string DefaultPath = "/run/edge-door/vision.sock";

    /// <summary>Who the unit of the room that sees runs as.</summary>
    public const string DefaultUser = "edge-vision";

    private const UnixFileMode OwnerAndGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    private const int SolSocket = 1, SoPeercred = 17;
    private const uint OverflowId = 65534;

    private readonly Socket _listener;
    private readonly string _path;
    private readonly uint _user;

    private FrontDoor(Socket listener, string path, uint user) => (_listener, _path, _user) = (listener, path, user);

    /// <summary>Listens.</summary>
    /// <param name="path">A socket; its folder must be there, and no vision but ours may write in it.</param>
    /// <param name="user">Name or number of the user that may connect.</param>
    /// <exception cref="ConfigurationException">There is no such user or folder.</exception>
    public static FrontDoor Open(string path, string user)
    {
        if (Number(user) is not { } number)
            throw new ConfigurationException(path, [new JsonProblem("", $"there is no user {user}: install the package, or name another with --door-user")]);
        if (Path.GetDirectoryName(path) is not { Length: > 0 } folder || !Directory.Exists(folder))
            throw new ConfigurationException(path, [new JsonProblem("", "its folder is missing: run systemd-tmpfiles --create, or name another with --door")]);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path); // left by an agent that was killed
            listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, OwnerAndGroup);
            listener.Listen(4);
        }
        catch (Exception refused) when (refused is SocketException or IOException or UnauthorizedAccessException)
        {
            listener.Dispose();
            throw new ConfigurationException(path, [new JsonProblem("", "the socket cannot be made here: let this user write in its folder")]);
        }
        return new FrontDoor(listener, path, AsSeenHere(number));
    }

    public async ValueTask<Socket> NextAsync(CancellationToken stop)
    {
        var guest = await _listener.AcceptAsync(stop);
        try
        {
            if (UserOf(guest) == _user) return guest;
        }
        catch
        {
            guest.Dispose();
            throw;
        }
        guest.Dispose();
        throw new DoorRefusedException(DoorRefusal.WrongUser);
    }

    public Task EndedAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        try
        {
            File.Delete(_path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The next agent takes its place.
        }
        return ValueTask.CompletedTask;
    }

    // unix(7): struct ucred { pid_t pid; uid_t uid; gid_t gid; }, in the machine's own byte order.
    private static uint UserOf(Socket guest)
    {
        Span<byte> credentials = stackalloc byte[12];
        guest.GetRawSocketOption(SolSocket, SoPeercred, credentials);
        return BitConverter.ToUInt32(credentials[4..8]);
    }

    /// <summary>The user's number by passwd(5). Users of a network directory are not asked for: a service's is none.</summary>
    private static uint? Number(string user)
    {
        if (uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        return File.ReadLines("/etc/passwd").Select(line => line.Split(':'))
            .Where(fields => fields.Length > 3 && fields[0] == user && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out number))
            .Select(_ => (uint?)number).FirstOrDefault();
    }

    /// <summary>user_namespaces(7): who has no number in this process's namespace shows as the overflow id.</summary>
    private static uint AsSeenHere(uint user)
    {
        foreach (var line in File.ReadLines("/proc/self/uid_map"))
        {
            var map = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(field => ulong.Parse(field, CultureInfo.InvariantCulture)).ToArray();
            if (user >= map[1] && user < map[1] + map[2]) return (uint)(user - map[1] + map[0]);
        }
        return OverflowId;
    }
}
