using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.Storage.Audit;
using Edge.Storage.Files;
using Edge.Storage.Json;
using Edge.Storage.Trust;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Orders;

/// <summary>Copies of the log that somebody makes at the box itself, by <c>audit export</c>: each leaves a notice in the inbox of orders, <c>NAME.export</c>,
/// <c>{"account","kind"}</c>, and the agent makes an entry of it, <c>log.exported</c>, and removes it. Whoever may write there may read the log anyway: it is
/// a record of what was done, not a lock.</summary>
internal sealed class ExportNotices(string folder, AuditLog audit, TimeProvider time, ILogger log)
{
    public const string Ending = ".export";

    private const int MaxBytes = 4096;
    private const int MostAtOnce = 16;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _stuck = new(StringComparer.Ordinal);

    /// <summary>Leaves a notice; its file, which is gone once the entry is in the log.</summary>
    /// <param name="account">Who does it, by the machine's account.</param>
    /// <param name="isFull">With disclosures, for one auditor.</param>
    /// <exception cref="IOException">The disk refused: nothing may be exported.</exception>
    public static string Leave(string folder, string account, bool isFull)
    {
        DurableFile.MakeFolder(folder);
        var file = Path.Combine(folder, $"{RandomNumberGenerator.GetHexString(32, lowercase: true)}{Ending}");
        // For the agent's user to read, whoever left it; the folder is the agent's alone.
        DurableFile.Write(file, CanonicalJson.Write(new JsonObject { ["account"] = account, ["kind"] = Kind(isFull) }),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        return file;
    }

    /// <summary>Looks every second, until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stop)) Look();
    }

    /// <summary>Makes entries of what lies there.</summary>
    public void Look()
    {
        if (!Directory.Exists(folder)) return;
        var files = Directory.EnumerateFiles(folder, "*" + Ending).Where(file => !_stuck.Contains(file)).Order(StringComparer.Ordinal);
        foreach (var file in files.Take(MostAtOnce).ToList())
            try
            {
                var (account, kind) = Read(file);
                audit.Append(new AuditEntry { Action = AuditAction.LogExported, Actor = AuditEntry.APerson, Person = ConcealedValue.Person(account),
                    Role = AuditRole.Technician, Kind = kind });
                File.Delete(file);
            }
            catch (UnauthorizedAccessException)
            {
                if (_stuck.Add(file)) log.LogError("a notice of an export in {Folder} cannot be read or removed: the agent's user must own the folder", folder);
            }
            catch (IOException refused) when (refused is not AuditDamagedException)
            {
                log.LogError("{Reason}; a notice of an export waits in {Folder}", refused.Message, folder);
                return;
            }
    }

    private static string Kind(bool isFull) => isFull ? "full" : "public";

    // What says nothing of itself was an export all the same.
    private static (string Account, string Kind) Read(string file)
    {
        using var stream = PlainFile.OpenRead(file);
        var bytes = new byte[(int)Math.Min(stream.Length, MaxBytes + 1L)];
        stream.ReadExactly(bytes);
        return StrictJson.TryRead(bytes, MaxBytes, fields => new Notice(fields.Text("account", text => text.Length is > 0 and <= 128, "must be an account"),
            fields.Text("kind", text => text == Kind(true) || text == Kind(false), "must be one of the two")), out var notice, out _) ? (notice.Account,
                notice.Kind) : ("unknown", "unknown");
    }

    private sealed record Notice(string Account, string Kind);
}
