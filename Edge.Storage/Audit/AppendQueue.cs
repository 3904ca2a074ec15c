using System.Runtime.ExceptionServices;

namespace Edge.Storage.Audit;

/// <summary>Lets what several threads append while the disk is at work on a step go into the next one together. Whoever finds nobody at work commits for
/// all that wait, and then calls one that has come meanwhile to do the same. Were all to wait at one lock instead, the one that has just left it would be
/// back before the others wake, and each step would be its own alone.</summary>
/// <param name="commit">Writes all of it in one step, or none, and sets where each begins; called by one thread at a time.</param>
internal sealed class AppendQueue(Action<IReadOnlyList<QueuedAppend>> commit)
{
    private readonly Queue<QueuedAppend> _waiting = [];
    private bool _isCommitting;

    /// <summary>Returns when <paramref name="entries"/> are committed.</summary>
    /// <returns>The index of the first.</returns>
    /// <exception cref="Exception">What committing the step that they were in threw.</exception>
    public long Append(IReadOnlyList<AuditEntry> entries)
    {
        var mine = new QueuedAppend(entries);
        bool isFirst;
        lock (_waiting)
        {
            _waiting.Enqueue(mine);
            isFirst = !_isCommitting;
            _isCommitting = true;
        }
        if (!isFirst) mine.Wait();
        if (!mine.IsDone) CommitAndCallNext();
        mine.Failure?.Throw();
        return mine.First;
    }

    private void CommitAndCallNext()
    {
        List<QueuedAppend> all;
        lock (_waiting)
        {
            all = [.. _waiting];
            _waiting.Clear();
        }
        try
        {
            commit(all);
        }
        catch (Exception failure)
        {
            var told = ExceptionDispatchInfo.Capture(failure);
            foreach (var one in all) one.Failure = told;
        }
        foreach (var one in all)
        {
            one.IsDone = true;
            one.Call();
        }
        lock (_waiting)
        {
            if (_waiting.TryPeek(out var next)) next.Call();
            else _isCommitting = false;
        }
    }
}

/// <summary>What one call wants appended, and what became of it.</summary>
internal sealed class QueuedAppend(IReadOnlyList<AuditEntry> entries)
{
    private readonly object _called = new();
    private bool _isCalled;

    public IReadOnlyList<AuditEntry> Entries { get; } = entries;

    public bool IsDone { get; set; }

    public long First { get; set; }

    public ExceptionDispatchInfo? Failure { get; set; }

    /// <summary>It is done, or it is its turn to commit.</summary>
    public void Call()
    {
        lock (_called)
        {
            _isCalled = true;
            Monitor.PulseAll(_called);
        }
    }

    public void Wait()
    {
        lock (_called)
        {
            while (!_isCalled) Monitor.Wait(_called);
        }
    }
}
