using Edge.Vision.Onnx;
using Edge.Vision.Recognition;

namespace Edge.Tests.Recognition;

public sealed class PlateRegionTests
{
    private static readonly RegionHead Head = new()
    {
        Output = "region", Labels = ["unknown", "RO", "US-CA", "US-NY", "US"], Unknown = "unknown", Threshold = 0.8f,
    };

    [Theory]
    [InlineData(new[] { 0.05f, 0.9f, 0.05f, 0, 0 }, "RO", 0.9f)]
    [InlineData(new[] { 0.05f, 0.05f, 0.5f, 0.3f, 0.1f }, "US", 0.9f)] // which state is not clear, the country is
    [InlineData(new[] { 0.05f, 0.05f, 0.85f, 0.05f, 0 }, "US-CA", 0.85f)]
    [InlineData(new[] { 0.3f, 0.5f, 0.1f, 0.1f, 0 }, null, 0f)]
    [InlineData(new[] { 0.95f, 0.05f, 0, 0, 0 }, null, 0f)]
    [InlineData(new[] { float.NaN, float.NaN, float.NaN, float.NaN, float.NaN }, null, 0f)]
    [InlineData(new float[0], null, 0f)]
    public void A_region_is_named_only_where_it_is_sure(float[] probabilities, string? code, float sure)
    {
        var region = PlateRegion.Of(Head, probabilities);
        Assert.Equal(code, region.Code);
        Assert.Equal(sure, region.Sure, 1e-5f);
    }

    [Fact]
    public void A_model_without_a_region_head_names_none() => Assert.Equal(PlateRegion.Unknown, PlateRegion.Of(null, [1]));
}
