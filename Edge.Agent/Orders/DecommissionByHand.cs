using System.Text.Json.Nodes;
using Edge.Agent.Hits;
using Edge.Agent.Publishing;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Trust;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Orders;

/// <summary>How whoever is root on a box takes it out of service without a signed order: a file in the folder for orders, which names the box.
/// The agent logs it, tells the agency, and destroys its keys. Root can destroy them anyway; this way it is known.</summary>
internal sealed class DecommissionByHand(string stateFolder, BoxName box, OrderDesk desk, TimeProvider time, ILogger log)
{
    private const int MaxBytes = 1024;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly string _file = FileIn(stateFolder);
    private bool _waits;

    /// <summary>Asks for it.</summary>
    /// <exception cref="IOException">The disk refused.</exception>
    public static void Ask(string stateFolder, BoxName box)
    {
        DurableFile.MakeFolder(OrderInbox.In(stateFolder));
        // Readable for the agent, which may be another user; the folder is closed to everybody else.
        DurableFile.Write(FileIn(stateFolder), CanonicalJson.Write(new JsonObject { ["agency"] = box.Agency, ["box"] = box.Box }),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    /// <summary>Takes the request back.</summary>
    public static void Withdraw(string stateFolder) => DurableFile.Delete(FileIn(stateFolder));

    /// <summary>Looks every second, until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stop)) Look();
    }

    /// <summary>Takes what was asked, if it names this box: what was left by another one, or is something else, does nothing. Where the disk refuses, it is
    /// looked at again.</summary>
    public void Look()
    {
        if (!File.Exists(_file) || !NamesThisBox()) return;
        try
        {
            desk.DecommissionByHand();
            DurableFile.Delete(_file);
        }
        catch (Exception refused) when ((refused as IOException)?.MayPass() ?? refused is UnauthorizedAccessException)
        {
            if (!_waits) log.LogError("{Reason}; the box is taken out of service once it can be logged", refused.Message);
            _waits = true;
        }
    }

    private bool NamesThisBox()
    {
        try
        {
            using var file = PlainFile.OpenRead(_file);
            if (file.Length > MaxBytes) return false;
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return StrictJson.TryRead(bytes, MaxBytes, fields => new[] { fields.Text("agency", 64), fields.Text("box", 64) }, out var names, out _)
                && names[0] == box.Agency && names[1] == box.Box;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string FileIn(string stateFolder) => Path.Combine(OrderInbox.In(stateFolder), "decommission");
}
