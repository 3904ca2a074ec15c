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

    [Fact]
    public void Several_brokers_stand_in_an_order()
    {
        var configuration = Parse(""" "brokers": [{ "host": "a.example" }, { "host": "b.example", "port": 8884 }] """);
        Assert.Equal("a.example:8883", configuration.Broker.ToString());
        Assert.Equal(["b.example:8884"], configuration.StandIns.Select(broker => broker.ToString()));
        Assert.Empty(Load("").StandIns);
    }

    [Theory]
    [InlineData(""" "broker": { "host": "a" }, "brokers": [{ "host": "b" }] """, "broker: stands beside brokers")]
    [InlineData(""" "brokers": [{ "host": "a" }, { "host": "a", "port": 8883 }] """, "brokers: a:8883 stands here twice")]
    [InlineData(""" "brokers": [] """, "brokers: ")]
    [InlineData(""" "brokers": [{ "host": "a" }, { "host": "b" }, { "host": "c" }, { "host": "d" }, { "host": "e" }] """, "brokers: ")]
    [InlineData(""" "brokers": [{ "host": "a", "port": 0 }] """, "brokers[0].port")]
    [InlineData(""" "motionless": 1 """, "broker: ")]
    public void What_is_wrong_with_the_brokers_is_named(string brokers, string problem) =>
        Assert.Contains(problem, Assert.Throws<ConfigurationException>(() => Parse(brokers)).Message, StringComparison.Ordinal);

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

    private AgentConfiguration Load(string more) => Parse($$""" "broker": { "host": "localhost" } {{more}} """);

    private AgentConfiguration Parse(string brokers)
    {
        File.WriteAllText(_folder.File("edge.json"), $$"""
            { "cameras": [{ "name": "lane-1", "source": "/dev/video0" }], {{brokers}} }
            """);
        return AgentConfiguration.Load(_folder.File("edge.json"));
    }
}
