using Microsoft.Extensions.Logging;

namespace Edge.Tests.Support;

/// <summary>Keeps every line of diagnostics.</summary>
internal sealed class KeptLines : ILogger, ILoggerProvider
{
    private readonly List<string> _lines = [];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines) _lines.Add($"{formatter(state, exception)} {exception}");
    }

    public void Dispose() { }

    public override string ToString()
    {
        lock (_lines) return string.Join('\n', _lines);
    }
}
