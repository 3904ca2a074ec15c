using Edge.Agent.Governance;

namespace Edge.Tests.Governance;

/// <summary>What documents a search must be something that a person sees and can look up.</summary>
public sealed class CaseRecordTests
{
    [Theory]
    [InlineData("2026-17")]
    [InlineData("Überfall 7")]
    [InlineData("事件 12")]
    [InlineData("дело-7")]
    public void A_case_in_any_alphabet_is_one(string text) => Assert.True(CaseRecord.IsText(text, 64));

    [Theory]
    [InlineData("\u3164")]
    [InlineData("\uFFA0")]
    [InlineData("\u115F")]
    [InlineData("CASE\u034F-4711")]
    [InlineData("CASE-4711\uFE0F")]
    [InlineData("CASE\u00A0-4711")]
    [InlineData("CASE\u2003-4711")]
    [InlineData("U\u0308berfall 7")]
    [InlineData("CASE\uDB40\uDD00-7")]
    [InlineData("CASE\uD800-7")]
    [InlineData(" 7")]
    [InlineData("-")]
    public void An_invisible_case_and_one_that_only_looks_like_another_is_none(string text) => Assert.False(CaseRecord.IsText(text, 64));
}
