using System.Diagnostics;
using System.Text;
using Edge.Agent.Forgetting;

namespace Edge.Tests.Forgetting;

/// <summary>A search of a real process: one that was told a plate, and holds it.</summary>
public sealed class ProcessMemoryTests
{
    private const string Plate = "KB12DSZ";

    [Fact]
    public async Task A_plate_that_another_process_holds_is_found_and_one_that_it_does_not_is_not()
    {
        using var holder = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read held; echo ready; read more"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;
        try
        {
            await holder.StandardInput.WriteLineAsync($"control;{Plate};");
            Assert.Equal("ready", await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            var traces = new Traces([("held", Encoding.ASCII.GetBytes(Plate)), ("not held", "MX59QRT"u8.ToArray())], "control"u8.ToArray());
            var look = traces.InMemory(holder.Id);
            Assert.NotNull(look);
            Assert.True(look.SawControl);
            Assert.Equal(["held"], traces.Report("memory", look).Found.Keys);
        }
        finally
        {
            holder.Kill();
        }
    }

    [Fact]
    public void A_process_that_is_gone_cannot_be_searched() => Assert.Null(new Traces([], "control"u8.ToArray()).InMemory(int.MaxValue));
}
