using System.Text;
using Edge.Storage.Keys;
using Edge.Storage.Trust;

namespace Edge.Tests.Trust;

/// <summary>A repository of agency "riverton" in a temporary folder, and boxes that trust its first root.</summary>
internal sealed class TrustLab : IDisposable
{
    public const string Agency = "riverton";
    public static readonly DateTimeOffset Start = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("edge-trust-").FullName;
    private int _boxes;

    public TrustLab(TrustSigners? signers = null)
    {
        Signers = signers ?? TrustSigners.OneKey(SigningKey.Create());
        Writer = new TrustRepositoryWriter(Repository, Agency, Signers);
        Writer.WriteFirstRoot(Start);
        FirstRoot = File.ReadAllBytes(Path.Combine(Repository, TrustPath.Root));
        Publish("one");
    }

    public TrustSigners Signers { get; }
    public TrustRepositoryWriter Writer { get; set; }
    public byte[] FirstRoot { get; }
    public string Repository => Path.Combine(_folder, "repository");
    public string BoxFolder(int box) => Path.Combine(_folder, $"box-{box}");

    public void Publish(string text, DateTimeOffset? now = null) => Writer.Publish(new TargetFiles(
        Bytes($"policy {text}"), Bytes($"operators {text}"), Bytes($"recipients {text}"), Bytes($"hotlist {text}")), now ?? Start);

    public TrustClient NewBox() => OpenBox(++_boxes);

    public TrustClient OpenBox(int box) => TrustClient.Open(BoxFolder(box), FirstRoot, Agency, "box-1");

    public TrustFetch Fetch => TrustSource.Folder(Repository);

    /// <summary>The repository as it is now, for attacks that mix or replay.</summary>
    public Dictionary<string, byte[]> Copy() => Directory.EnumerateFiles(Repository, "*", SearchOption.AllDirectories)
        .ToDictionary(path => Path.GetRelativePath(Repository, path), File.ReadAllBytes);

    public static TrustFetch From(IReadOnlyDictionary<string, byte[]> files) =>
        (path, _) => files.GetValueOrDefault(path);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static SigningRole Role(int threshold, params IReadOnlyList<SigningKey> keys) => new(keys, threshold);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
