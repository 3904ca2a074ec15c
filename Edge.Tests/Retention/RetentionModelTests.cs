using Edge.Storage.Database;
using Edge.Storage.Orders;
using Edge.Storage.Retention;
using Edge.Tests.Database;

namespace Edge.Tests.Retention;

/// <summary>Lives of a box at random, beside a model of a few lines: they agree on which hits there are, until when, and that
/// nothing on any disk image taken on the way opens what the model says is gone. All times are whole hours, so that keys die
/// to the minute.</summary>
public sealed class RetentionModelTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 19, 0, 0, TimeSpan.Zero);
    private static readonly string[] Cases = ["a", "b", "c"];

    [Fact]
    public void A_box_and_its_model_agree_on_what_exists_and_what_opens()
    {
        for (var seed = 0; seed < 12; seed++)
        {
            using var state = new StateFixture();
            new Life(seed, state).Run(steps: 60);
        }
    }

    private sealed class Life(int seed, StateFixture state)
    {
        private readonly Random _random = new(seed);
        private readonly Model _model = new();
        private readonly List<(DateTimeOffset Taken, SimulatedDisk Disk)> _images = [];
        private SimulatedDisk _disk = new();
        private StateDatabase? _database;
        private int _orders;

        public void Run(int steps)
        {
            state.Time.SetUtcNow(Start);
            Open();
            for (var step = 0; step < steps; step++)
            {
                Step();
                Agree($"seed {seed}, step {step}");
            }
            _database?.Dispose();
        }

        private void Step()
        {
            switch (_random.Next(12))
            {
                case 0 or 1 or 2: Attempt(Store()); break;
                case 3 or 4: Attempt(Hold()); break;
                case 5: Attempt(Release()); break;
                case 6 or 7: Advance(); break;
                case 8 or 9: Sweep(); break;
                case 10: _images.Add((Now, _disk.AfterPowerCut(1, 0))); break;
                default: Crash(); break;
            }
        }

        private DateTimeOffset Now => state.Time.GetUtcNow();

        private string Case => Cases[_random.Next(Cases.Length)];

        private StateDatabase Database => _database!;

        private (Action Do, Func<bool> Happened, Action Model) Store()
        {
            var (name, expires, next) = (Case, Now.AddHours(_random.Next(1, 30)), Database.LastSequence + 1);
            return (() => Database.Hits.Commit(state.Entry(name, expires)), () => Database.LastSequence == next,
                () => _model.Store(next, name, Now, expires));
        }

        private (Action Do, Func<bool> Happened, Action Model) Hold()
        {
            var (name, until, longest) = (Case, Now.AddHours(_random.Next(0, 100)), TimeSpan.FromHours(_random.Next(1, 80)));
            return Order(new OrderEffect.Hold(name, until, longest), () => _model.Hold(name, until, longest, Now));
        }

        private (Action Do, Func<bool> Happened, Action Model) Release() =>
            Case is var name ? Order(new OrderEffect.Release(name), () => _model.Release(name, Now)) : default;

        private (Action Do, Func<bool> Happened, Action Model) Order(OrderEffect effect, Action model)
        {
            var id = $"order-{++_orders}";
            return (() => Database.Orders.Carry(id, Now.AddDays(30), effect,
                new AnswerMessage(Now.AddHours(5), 0, (number, _) => StateFixture.Message(number))),
                () => Database.Orders.Find(id) is not null, model);
        }

        private void Advance()
        {
            state.Time.Advance(TimeSpan.FromHours(_random.Next(1, 24)));
            _model.Forget(Now);
        }

        // One time in four the disk dies in the middle: then either all of it happened or nothing.
        private void Attempt((Action Do, Func<bool> Happened, Action Model) step)
        {
            var dies = _random.Next(4) == 0;
            if (dies) _disk.DiesAt = _disk.Operations + _random.Next(14);
            try
            {
                step.Do();
            }
            catch (StateStorageException) when (dies)
            {
            }
            if (dies) Crash();
            if (step.Happened()) step.Model();
            else Assert.True(dies);
        }

        private void Sweep()
        {
            Edge.Storage.Retention.Sweep.Run(Database);
            _database!.Dispose();
            // A thief's clock stands still: only the keys can stop him.
            foreach (var (taken, disk) in _images)
            {
                using var image = StateDatabase.Open(state.Directory, disk.AfterPowerCut(1, 0).Files(state.Directory), state.Keys.Hours,
                    new Microsoft.Extensions.Time.Testing.FakeTimeProvider(taken));
                foreach (var hit in image.Hits.ReadAll()) Assert.Contains(hit.Heading.Sequence, _model.Hits.Keys);
            }
            Open();
        }

        private void Crash()
        {
            _database?.Dispose();
            _disk = _disk.AfterPowerCut(0.5, seed);
            if (_random.Next(2) == 0) state.ReloadKeys();
            Open();
        }

        private void Open() => _database = StateDatabase.Open(state.Directory, _disk.Files(state.Directory), state.Keys.Hours, state.Time);

        private void Agree(string when)
        {
            var expected = _model.Hits.ToDictionary(hit => hit.Key, hit => (hit.Value.Case, _model.KeptUntil(hit.Value)));
            var alive = Enumerable.Range(1, (int)Database.LastSequence).Select(number => Database.Hits.Find(number)).OfType<Edge.Storage.Hits.HitHeading>();
            Assert.Equal(expected, alive.ToDictionary(hit => hit.Sequence, hit => (hit.CasePseudonym, hit.KeptUntil)));
            Assert.True(expected.Keys.All(number => Database.Hits.TryRead(number, out _)), when);
            Assert.Equal(_model.Holds.ToDictionary(hold => hold.Key, hold => hold.Value.Until),
                Database.Holds.ToDictionary(hold => hold.Key, hold => hold.Value.Until));
        }
    }

    private sealed class Model
    {
        public SortedDictionary<long, (string Case, DateTimeOffset Found, DateTimeOffset Expires)> Hits { get; } = [];

        public Dictionary<string, (DateTimeOffset Until, TimeSpan Longest)> Holds { get; } = [];

        public void Store(long number, string name, DateTimeOffset found, DateTimeOffset expires) => Hits.Add(number, (name, found, expires));

        public void Hold(string name, DateTimeOffset until, TimeSpan longest, DateTimeOffset now)
        {
            if (Holds.TryGetValue(name, out var before) && before.Until > until) until = before.Until;
            if (until > now) Holds[name] = (until, longest);
            Forget(now);
        }

        public void Release(string name, DateTimeOffset now)
        {
            Holds.Remove(name);
            Forget(now);
        }

        public DateTimeOffset KeptUntil((string Case, DateTimeOffset Found, DateTimeOffset Expires) hit)
        {
            if (!Holds.TryGetValue(hit.Case, out var hold)) return hit.Expires;
            var bound = hit.Found + hold.Longest < hold.Until ? hit.Found + hold.Longest : hold.Until;
            return bound > hit.Expires ? bound : hit.Expires;
        }

        /// <summary>What is over is over: nothing brings it back.</summary>
        public void Forget(DateTimeOffset now)
        {
            foreach (var hit in Hits.Where(hit => KeptUntil(hit.Value) <= now).ToList()) Hits.Remove(hit.Key);
            foreach (var hold in Holds.Where(hold => hold.Value.Until <= now).ToList()) Holds.Remove(hold.Key);
        }
    }
}
