using Edge.Agent.Configuration;
using Edge.Tests.Support;

namespace Edge.Tests.Configuration;

public sealed class AgentConfigurationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_gate_is_one_number_and_rules_are_off_unless_configured()
    {
        var configuration = Load("");
        Assert.Equal((0.01, null, 2), (configuration.Gate.MaximumWrongReadRate, configuration.Gate.Evidence, configuration.Gate.Frames));
        Assert.Null(configuration.Rules);
        Assert.Equal(512, configuration.OutboxMegabytes);
        Assert.Equal(64, Load(""" , "outboxMegabytes": 64 """).OutboxMegabytes);
    }

    [Fact]
    public void Gate_and_rules_are_read()
    {
        var configuration = Load(""" , "gate": { "maximumWrongReadRate": 0.002 }, "rules": { "regions": ["RO", "DE"], "patterns": ["@@ ## @@@"] } """);
        Assert.Equal(0.002, configuration.Gate.MaximumWrongReadRate);
        Assert.NotNull(configuration.Rules);
        Assert.Equal(0.9, Load(""" , "gate": { "evidence": 0.9 } """).Gate.Evidence);
    }

    [Theory]
    [InlineData(""" "gate": { "weakest": 0.75 } """, "gate.weakest: unknown key; replaced by gate.maximumWrongReadRate")]
    [InlineData(""" "gate": { "maximumWrongReadRate": 0.0001 } """, "gate.maximumWrongReadRate")]
    [InlineData(""" "gate": { "maximumWrongReadRate": 0.6 } """, "gate.maximumWrongReadRate")]
    [InlineData(""" "gate": { "maximumWrongReadRate": 0.01, "evidence": 0.9 } """, "gate.evidence: stands beside")]
    [InlineData(""" "gate": { "evidence": 1 } """, "gate.evidence")]
    [InlineData(""" "outboxMegabytes": 8 """, "outboxMegabytes")]
    [InlineData(""" "rules": {} """, "rules.regions: needs a region")]
    [InlineData(""" "rules": { "regions": ["XX"] } """, "rules.regions[0]: must be one of")]
    [InlineData(""" "rules": { "regions": ["RO", "RO"] } """, "rules.regions[1]: stands here twice")]
    [InlineData(""" "rules": { "patterns": ["@@ ## @@@", "@@-##"] } """, "rules.patterns[1]: character 3")]
    [InlineData(""" "rules": { "region": ["RO"] } """, "did you mean regions")]
    public void What_is_wrong_is_named(string section, string problem) =>
        Assert.Contains(problem, Assert.Throws<ConfigurationException>(() => Load($", {section}")).Message, StringComparison.Ordinal);

    public void Dispose() => _folder.Dispose();

    private AgentConfiguration Load(string more)
    {
        File.WriteAllText(_folder.File("edge.json"), $$"""
            { "broker": { "host": "localhost" }, "cameras": [{ "name": "lane-1", "source": "/dev/video0" }] {{more}} }
            """);
        return AgentConfiguration.Load(_folder.File("edge.json"));
    }
}
