using Edge.Agent.Publishing;
using Edge.Tests.Support;

namespace Edge.Tests.Contract;

/// <summary><c>docs/asyncapi.yaml</c> is AsyncAPI to its own parser, and names the topics of the code.</summary>
public sealed class AsyncApiTests
{
    [Fact]
    public async Task The_contract_is_valid_and_has_every_topic_that_a_box_uses_and_no_other()
    {
        var said = await NodeParts.RunAsync("asyncapi.mjs", input: null, Path.Combine(Repository.Root, "docs", "asyncapi.yaml"));
        var box = new BoxName("agency", "box");
        var topics = EventType.All.Select(type => Topics.Of(box, type)).Append(Topics.Cosignature(box))
            .Append(Topics.OfHits(box, "other")).Append(Topics.Order(box)).Append(Topics.Receipt(box)).Append(Topics.Trust("agency", "file"))
            .Select(topic => string.Join('/', topic.Split('/').Select(level => level is "agency" or "box" or "other" or "file" ? $"{{{level}}}" : level)));
        Assert.StartsWith("addresses ", said, StringComparison.Ordinal); // else a line for each fault
        Assert.Equal(topics.Order(StringComparer.Ordinal), said.Split(' ')[1..].Order(StringComparer.Ordinal));
    }
}
