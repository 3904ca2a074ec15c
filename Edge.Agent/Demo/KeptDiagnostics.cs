using System.Text;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Demo;

/// <summary>Keeps every line of the box's diagnostics, shown or not, so that the hunt for leaks can read them.</summary>
internal sealed class KeptDiagnostics : ILoggerProvider, ILogger
{
    private readonly StringBuilder _lines = new();

    public byte[] ToBytes()
    {
        lock (_lines) return Encoding.UTF8.GetBytes(_lines.ToString());
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines) _lines.AppendLine(formatter(state, exception)).AppendLine($"{exception}");
    }

    public void Dispose() { }
}
