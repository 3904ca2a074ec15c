using Edge.Storage.Database;
using Edge.Storage.Keys;
using Edge.Storage.Outbox;
using Edge.Storage.Retention;
using Edge.Tests.Database;
using Microsoft.Extensions.Time.Testing;

namespace Edge.Tests.Retention;

public sealed class SweepTests : IDisposable
{
    private readonly StateFixture _state = new();

    public void Dispose() => _state.Dispose();

    [Fact]
    public void Nothing_that_is_alive_is_swept()
    {
        _state.Commit(life: TimeSpan.FromHours(1));
        _state.Time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(new SweepResult(0, 0, 0), Sweep.Run(_state.Database));
        Assert.True(_state.Hits.TryRead(1, out _));
    }

    [Fact]
    public void What_has_expired_goes_with_its_key()
    {
        _state.Commit(life: TimeSpan.FromHours(1));
        _state.Commit(life: TimeSpan.FromHours(48));
        Assert.Equal(2, _state.Keys.Hours.Names.Count);
        _state.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(new SweepResult(1, 1, 1), Sweep.Run(_state.Database));
        Assert.Equal([2], _state.Hits.List().Select(hit => hit.Sequence));
        Assert.Single(_state.Keys.Hours.Names);
        Assert.True(_state.Hits.TryRead(2, out _));
        Assert.Equal(new SweepResult(0, 0, 0), Sweep.Run(_state.Database));
    }

    [Fact]
    public void A_copy_of_the_database_opens_no_expired_hit()
    {
        _state.Commit(life: TimeSpan.FromHours(1));
        _state.Commit(life: TimeSpan.FromHours(48));
        _state.Close();
        using var copy = new StateFixtureCopy(_state.DatabaseFile);
        // A thief whose clock stands still: only the keys can stop him.
        var frozen = new FakeTimeProvider(StateFixture.Start);
        using (var stolen = StateDatabase.Open(copy.Path, _state.Keys.Hours, frozen))
            Assert.True(stolen.Hits.TryRead(1, out _)); // before the sweep, with every key of the box

        _state.Time.Advance(TimeSpan.FromHours(1));
        Sweep.Run(_state.Database);
        _state.ReloadKeys();
        using (var stolen = StateDatabase.Open(copy.Path, _state.Keys.Hours, frozen))
        {
            Assert.False(stolen.Hits.TryRead(1, out _));
            Assert.True(stolen.Hits.TryRead(2, out _));
            Assert.Equal([2], stolen.Outbox.Unlogged().Select(message => message.Sequence));
        }
    }

    [Fact]
    public void An_expiry_on_the_stroke_takes_its_key_at_that_instant()
    {
        var expires = KeyHour.LastWithin(StateFixture.Start, TimeSpan.FromHours(24));
        Assert.Equal(new DateTimeOffset(2026, 11, 24, 18, 0, 0, TimeSpan.Zero), expires);
        _state.Hits.Commit(_state.Entry("a", expires));
        _state.Hits.Commit(_state.Entry("b", expires));
        _state.Time.SetUtcNow(expires);
        Assert.Equal(new SweepResult(2, 2, 1), Sweep.Run(_state.Database));
        Assert.Empty(_state.Keys.Hours.Names);
    }

    [Fact]
    public void A_key_lives_as_long_as_one_record_of_its_hour()
    {
        _state.Commit(life: TimeSpan.FromMinutes(5)); // 18:25
        _state.Commit(life: TimeSpan.FromMinutes(35)); // 18:55
        _state.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(new SweepResult(1, 1, 0), Sweep.Run(_state.Database));
        Assert.True(_state.Hits.TryRead(2, out _));
        _state.Time.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(new SweepResult(1, 1, 1), Sweep.Run(_state.Database));
    }

    [Fact]
    public void A_key_that_a_crash_left_behind_is_destroyed_once_its_hour_has_come()
    {
        _state.Outbox.Enqueue(MessageKind.Summary, StateFixture.Start.AddHours(2), StateFixture.Message, logged: true);
        _state.Outbox.Acknowledge(1);
        Assert.Equal(0, Sweep.Run(_state.Database).Keys); // still to come: the next record may use it
        _state.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(1, Sweep.Run(_state.Database).Keys);
    }

    [Fact]
    public void A_long_absence_is_swept_in_steps_to_the_end()
    {
        for (var i = 0; i < 150; i++) _state.Commit(life: TimeSpan.FromHours(1));
        _state.Time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(new SweepResult(150, 150, 1), Sweep.Run(_state.Database));
        Assert.Equal(0, _state.Hits.Count);
        _state.Reopen();
        Assert.Equal(0, _state.Hits.Count);
        Assert.Equal(150, _state.Outbox.Dropped().Count);
        Assert.Equal(151, _state.Commit());
    }

    [Fact]
    public void The_case_of_an_expired_hit_is_gone_from_the_file()
    {
        _state.Commit("pseudonym-of-a-case", TimeSpan.FromHours(1));
        _state.Time.Advance(TimeSpan.FromHours(2));
        Sweep.Run(_state.Database);
        _state.Close();
        foreach (var file in Directory.EnumerateFiles(_state.Directory, "state.*"))
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf("pseudonym-of-a-case"u8));
    }

    private sealed class StateFixtureCopy : IDisposable
    {
        private readonly Support.TemporaryFolder _folder = new();

        public StateFixtureCopy(string database) => File.Copy(database, _folder.File("state.db"));

        public string Path => _folder.Path;

        public void Dispose() => _folder.Dispose();
    }
}
