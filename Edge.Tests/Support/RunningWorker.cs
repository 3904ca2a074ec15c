using System.Collections.Concurrent;
using Edge.Agent.Governance;
using Edge.Agent.Publishing;
using Edge.Storage.Database;
using Microsoft.Extensions.Logging;

namespace Edge.Tests.Support;

/// <summary>An outbox worker at work, and what it told its log; stopped when disposed.</summary>
internal sealed class RunningWorker : ILogger<OutboxWorker>, IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _said = new();
    private readonly ConcurrentQueue<string> _incidents = new();
    private readonly Task _running;

    public RunningWorker(StateDatabase state, LinkSettings settings, MessageSigner signer, TimeProvider? time = null,
        ILetterbox? letterbox = null) =>
        _running = new OutboxWorker(state, settings, signer, time ?? TimeProvider.System, this, letterbox)
        {
            Incident = (kind, detail) => _incidents.Enqueue($"{IncidentKinds.Write(kind)} {detail}"),
        }.RunAsync(_stop.Token);

    public bool Online => Said("linked to");

    /// <summary>What it reported: kind and detail.</summary>
    public IReadOnlyCollection<string> Incidents => _incidents;

    public int Count(string part) => _said.Count(line => line.Contains(part, StringComparison.Ordinal));

    public bool Said(string part) => _said.Any(line => line.Contains(part, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        if (_running.IsCompleted && _stop.IsCancellationRequested) return;
        await _stop.CancelAsync();
        await _running;
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => _said.Enqueue(formatter(state, exception));
}
