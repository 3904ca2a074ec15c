using Edge.Agent.Enrolment;
using Spectre.Console;

namespace Edge.Agent.Cli;

/// <summary>Asks on the terminal; where standard input is none, nobody can be asked.</summary>
internal sealed class TerminalQuestions : Questions
{
    public override bool CanAsk => !Console.IsInputRedirected;

    protected override string AskPerson(Question question)
    {
        var prompt = new TextPrompt<string>(Markup.Escape(question.Words))
            .Validate(typed => question.Fault(typed.Trim()) is { } fault ? ValidationResult.Error(Markup.Escape($"  it {fault}")) : ValidationResult.Success());
        if (question.Usual is { } usual) prompt = usual.Length == 0 ? prompt.AllowEmpty() : prompt.DefaultValue(usual);
        using var open = Interruption.Question();
        return Tables.On(Console.Out).Prompt(prompt).Trim();
    }
}
