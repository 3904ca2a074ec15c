using System.Text;
using Edge.Agent.Enrolment;
using Edge.Agent.Governance.Orders;
using Edge.Agent.Hub;
using Edge.Agent.Publishing;
using Edge.Storage.Keys;
using Edge.Tests.Matching;
using Edge.Tests.Support;

namespace Edge.Tests.Fuzzing;

/// <summary>What needs an agency or a box to be written.</summary>
internal static class FuzzSeeds
{
    private static readonly string[] Files = ["root.json", "timestamp.json", "snapshot.json", "targets.json", "operators.json", "recipients.json"];

    /// <summary>The signed files of a small agency, by name.</summary>
    public static IReadOnlyDictionary<string, byte[]> Trust()
    {
        using var folder = new TemporaryFolder();
        using var agency = Agency.Create(folder.File("city"), new AgencyPlan { Agency = "riverton", Wanted = [Lists.Wanted("AB123CD")] }, Lists.Now,
            null, out _)!;
        return Files.ToDictionary(name => name, name => File.ReadAllBytes(Path.Combine(agency.TrustFolder, name)));
    }

    public static byte[] Request()
    {
        using var folder = new TemporaryFolder();
        using var keys = KeyFolder.Open(folder.File("state"), credentialsDirectory: null);
        return new EnrolmentFolder(folder.File("enrolment")).Prepare(new BoxName("riverton", "box-1"), keys).Write();
    }

    public static IEnumerable<byte[]> Orders() =>
    [
        new Order.Hold("C-1", "stolen-vehicle", Lists.Now.AddDays(2)).Write(),
        new Order.Search("C-1", "stolen-vehicle", Lists.Now, Lists.Now.AddDays(1), 0).Write(),
        new Order.Release("C-1", "stolen-vehicle").Write(), new Order.Export().Write(), new Order.Revoke(new string('A', 43)).Write(),
        new Order.Decommission().Write(),
    ];

    public static byte[] Configuration() => Encoding.UTF8.GetBytes("""
        {"broker":{"host":"broker.city.example","port":8883},"cameras":[{"name":"north-lane","source":"rtsp://camera-1.lan/stream"},{"name":"south-lane","source":"/dev/null",
        "region":{"x":0,"y":0.3,"width":1,"height":0.7}}],"gate":{"frames":3},"rules":{"regions":["RO"],"patterns":["@@ ## @@@"]},"metricsPort":9000}
        """);
}
