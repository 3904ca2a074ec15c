using Edge.Storage.Json;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Agent.Doctor;

/// <summary>One thing to look at, and its rows. Whoever brings a new part to the box brings one of these to <see cref="Checkup.All"/>.</summary>
/// <param name="Group">The heading that its rows stand under.</param>
/// <param name="Look">May take seconds; reads, and changes nothing.</param>
internal sealed record Examination(string Group, Func<Patient, CancellationToken, Task<IReadOnlyList<Finding>>> Look)
{
    public Examination(string group, Func<Patient, IEnumerable<Finding>> look)
        : this(group, (patient, _) => Task.FromResult<IReadOnlyList<Finding>>([.. look(patient)]))
    {
    }
}

/// <summary>What the doctor found.</summary>
/// <param name="Groups">In the order in which they are shown.</param>
internal sealed record Checkup(IReadOnlyList<(string Group, IReadOnlyList<Finding> Rows)> Groups)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Everything that is looked at.</summary>
    public static IReadOnlyList<Examination> All { get; } =
    [
        new("configuration", ConfigurationRows.Look), new("identity", IdentityRows.Look), new("policy and hotlist", TrustRows.Look),
        new("clock", ClockRows.Look), new("disk", DiskRows.Look), new("models", ModelRows.Look), new("cameras", CameraRows.LookAsync),
        new("broker", BrokerRows.LookAsync), new("audit log", LogRows.Look), new("inputs and outputs", InputRows.Look), new("keys", KeyRows.Look),
        new("service", ServiceRows.Look), new("memory", MemoryRows.Look), new("versions", VersionRows.Look),
    ];

    public int Bad => Count(Verdict.Bad);

    public int Warnings => Count(Verdict.Warning);

    /// <summary>Looks at everything, one thing after another. An examination that fails is a row, not an end.</summary>
    public static async Task<Checkup> RunAsync(Patient patient, IEnumerable<Examination> examinations, CancellationToken cancel)
    {
        var groups = new List<(string, IReadOnlyList<Finding>)>();
        foreach (var examination in examinations)
            try
            {
                groups.Add((examination.Group, await examination.Look(patient, cancel)));
            }
#pragma warning disable CA1031 // whatever is wrong with a box, the rest of it is still looked at
            catch (Exception failure) when (failure is not OperationCanceledException)
#pragma warning restore CA1031
            {
                // Of what is expected the message was written for a technician; another's may quote what was being read.
                var why = failure is IOException or UnauthorizedAccessException or Configuration.ConfigurationException ? failure.Message
                    : $"unexpected {failure.GetType().Name}";
                groups.Add((examination.Group, [failure is UnauthorizedAccessException
                    ? Finding.Skipped(examination.Group, "this user may not look: run it as root")
                    : Finding.Bad(examination.Group, $"could not be looked at: {why}", "run edge-agent doctor as root; if it stays, report this line")]));
            }
        return new Checkup(groups);
    }

    /// <summary><c>{"box","at","bad","warnings","rows":[{"group","row","verdict","says","mend"?}]}</c>.</summary>
    public string ToJson(Patient patient) => new JsonObject
    {
        ["box"] = patient.Health?.Box ?? (patient.Enrolment is { IsEnrolled: true } enrolment ? enrolment.Name().ToString() : null),
        ["at"] = JsonTime.Write(patient.Time.GetUtcNow()),
        ["bad"] = Bad,
        ["warnings"] = Warnings,
        ["rows"] = new JsonArray([.. Groups.SelectMany(group => group.Rows.Select(row => (JsonNode)Row(group.Group, row)))]),
    }.ToJsonString(Plain);

    private static JsonObject Row(string group, Finding row)
    {
        var json = new JsonObject
        {
            ["group"] = group, ["row"] = row.Row, ["verdict"] = row.Verdict.ToString().ToLowerInvariant(), ["says"] = row.Says,
        };
        if (row.Mend is not null) json["mend"] = row.Mend;
        return json;
    }

    private int Count(Verdict verdict) => Groups.Sum(group => group.Rows.Count(row => row.Verdict == verdict));
}
