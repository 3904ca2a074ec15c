using System.Diagnostics;
using System.Globalization;
using Edge.Tests.Support;

namespace Edge.Tests.Fuzzing;

/// <summary>
/// No input makes a parser throw, hang or keep memory. A few thousand inputs each in every run of the tests; <c>EDGE_FUZZ=N</c> tries N, at most
/// <c>EDGE_FUZZ_SECONDS</c> long; <c>EDGE_FUZZ_RECORD=FOLDER</c> goes on where the last such run ended: see docs/fuzzing.md.
/// </summary>
[Collection(nameof(Processes))]
public sealed class ParserFuzzTests
{
    private const int FewOfThem = 2_000;
    private const int FirstSeed = 20261126;
    private const long MostKept = 16 << 20;
    private static readonly TimeSpan Hangs = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Targets => [.. FuzzTargets.Names];

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task No_input_makes_it_throw_hang_or_keep_memory(string name)
    {
        var folder = Environment.GetEnvironmentVariable("EDGE_FUZZ_RECORD");
        using var record = folder is null ? null : FuzzRecord.TryOpen(folder, name);
        var (rounds, tried) = record?.Tried() ?? default;
        var left = Setting("EDGE_FUZZ", FewOfThem) - tried;
        if (left <= 0 || (folder is not null && record is null)) return;
        var run = new Run(FuzzTargets.Of(name), record?.Accepted() ?? [], FirstSeed + rounds, left, TimeSpan.FromSeconds(Setting("EDGE_FUZZ_SECONDS", 3600)));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var processor = Environment.CpuUsage.TotalTime;
        var running = Task.Run(run.Go, TestContext.Current.CancellationToken);
        for (var (seen, since) = (-1L, TimeProvider.System.GetTimestamp()); !running.IsCompleted;)
        {
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TestContext.Current.CancellationToken));
            if (run.Executions != seen) (seen, since) = (run.Executions, TimeProvider.System.GetTimestamp());
            Assert.True(TimeProvider.System.GetElapsedTime(since) < Hangs, $"{name}: execution {seen} does not end: {Convert.ToBase64String(run.Input)}");
        }
        await running;
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(kept < MostKept, $"{kept} bytes more than before");
        record?.Add(new FuzzRound(name, rounds, run.Executions, run.Accepted, run.Took, Environment.CpuUsage.TotalTime - processor, kept,
            Environment.WorkingSet), run.Kept);
        TestContext.Current.SendDiagnosticMessage(string.Create(CultureInfo.InvariantCulture,
            $"fuzz | {name} | {run.Executions} | {run.Accepted} | {run.Executions / run.Took.TotalSeconds:0} | {kept >> 10} KiB |"));
    }

    [Fact]
    public void A_parser_that_throws_is_found()
    {
        var target = new FuzzTarget("bad", ["{\"a\":1}"u8.ToArray()],
            bytes => bytes is not [(byte)'{', (byte)'{', ..] ? true : throw new InvalidOperationException());
        Assert.Throws<FuzzedException>(() => new Run(target, [], FirstSeed, 1_000_000, TimeSpan.FromMinutes(1)).Go());
    }

    [Fact]
    public void Every_seed_is_accepted_by_its_parser() => Assert.All(FuzzTargets.Names.Select(FuzzTargets.Of), target =>
        Assert.All(target.Seeds, (seed, i) =>
            Assert.True(target.Accepts(seed) || target.Name.StartsWith("signed message", StringComparison.Ordinal), $"{target.Name}, seed {i}")));

    private static long Setting(string name, long otherwise) =>
        long.Parse(Environment.GetEnvironmentVariable(name) ?? $"{otherwise}", CultureInfo.InvariantCulture);

    private sealed class Run(FuzzTarget target, IReadOnlyList<byte[]> accepted, int seed, long executions, TimeSpan longest)
    {
        private readonly Mutator _mutator = new(target.Seeds, accepted, seed, target.Longest);
        private long _executions;

        public long Executions => Volatile.Read(ref _executions);

        public long Accepted { get; private set; }

        public TimeSpan Took { get; private set; }

        public IReadOnlyList<byte[]> Kept => _mutator.Kept;

        /// <summary>The one that is tried now.</summary>
        public byte[] Input { get; private set; } = [];

        public void Go()
        {
            var watch = Stopwatch.StartNew();
            for (; _executions < executions && ((_executions & 1023) != 0 || watch.Elapsed < longest); Volatile.Write(ref _executions, _executions + 1))
            {
                Input = _mutator.Next();
                try
                {
                    if (!target.Accepts(Input)) continue;
                }
                catch (Exception thrown)
                {
                    throw new FuzzedException($"{target.Name}, execution {_executions}: {thrown.GetType().Name} for {Convert.ToBase64String(Input)}", thrown);
                }
                Accepted++;
                _mutator.Keep(Input);
            }
            Took = watch.Elapsed;
        }
    }

    private sealed class FuzzedException(string message, Exception thrown) : Exception(message, thrown);
}
