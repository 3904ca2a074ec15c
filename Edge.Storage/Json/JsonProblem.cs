namespace Edge.Storage.Json;

/// <summary>One thing wrong with a JSON document: where, and what to do about it. It never repeats a value, because a
/// value may be a plate, a case or a key.</summary>
/// <param name="Path">For example <c>purposes[2].basis</c>; empty for the document itself.</param>
public sealed record JsonProblem(string Path, string Reason)
{
    public override string ToString() => Path.Length == 0 ? Reason : $"{Path}: {Reason}";
}
