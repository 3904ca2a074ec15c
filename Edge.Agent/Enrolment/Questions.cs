namespace Edge.Agent.Enrolment;

/// <summary>Something that setup must know.</summary>
/// <param name="Flag">The option that answers it without being asked.</param>
/// <param name="Words">What the technician is asked.</param>
/// <param name="Fault">What is wrong with an answer, as the end of a sentence; null if nothing.</param>
internal sealed record Question(string Flag, string Words, Func<string, string?> Fault)
{
    /// <summary>What Enter alone means; null if something must be typed.</summary>
    public string? Usual { get; init; }
}

/// <summary>Where setup's answers come from: each from its option, else from a person, else the option's name is the error.</summary>
internal abstract class Questions
{
    /// <summary>How often somebody was asked.</summary>
    public int Asked { get; private set; }

    /// <summary>True if there is somebody to ask.</summary>
    public abstract bool CanAsk { get; }

    /// <summary>The answer.</summary>
    /// <param name="question">What must be known.</param>
    /// <param name="given">From the option; null if it was not given.</param>
    /// <exception cref="UnansweredException">The option is wrong, or missing where nobody can be asked.</exception>
    public string Ask(Question question, string? given)
    {
        if (given is not null) return question.Fault(given) is { } fault ? throw new UnansweredException($"{question.Flag} {fault}") : given;
        if (!CanAsk) throw new UnansweredException($"no terminal to ask on: give {question.Flag} ({question.Words})");
        Asked++;
        return AskPerson(question);
    }

    /// <summary>Asks until the answer has no fault.</summary>
    protected abstract string AskPerson(Question question);
}

/// <summary>Setup lacks an answer, or an option has a bad one; the message names the option.</summary>
internal sealed class UnansweredException(string message) : Exception(message);
