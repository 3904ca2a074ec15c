namespace Edge.Storage.Retention;

/// <summary>What one sweep removed.</summary>
/// <param name="Hits">Expired hits.</param>
/// <param name="Messages">Messages that expired unsent; <see cref="Outbox.Outbox.Dropped"/> names them.</param>
/// <param name="Keys">Hour keys destroyed.</param>
public sealed record SweepResult(int Hits, int Messages, int Keys);
