using System.CommandLine;
using System.Globalization;
using Edge.Agent.Device;
using Edge.Agent.Doctor;

namespace Edge.Agent.Cli;

/// <summary><c>doctor</c>: everything about this box that a technician can mend, and with what.</summary>
internal static class DoctorCommand
{
    public static Command Build()
    {
        var (config, json) = (ConfigOption(), RecognizeCommand.JsonOption());
        var offline = new Option<bool>("--offline") { Description = "Ask nothing over a network: neither the broker nor network cameras." };
        var command = new Command("doctor", "Say what is wrong with this box, and what mends it") { config, offline, json };
        command.SetAction((parse, cancel) => Failure.ShowAsync(() => RunAsync(
            Patient.Of(parse.GetValue(config)!, new Machine(), TimeProvider.System, parse.GetValue(offline)), parse.GetValue(json),
                parse.InvocationConfiguration.Output, cancel)));
        return command;
    }

    public static Option<string> ConfigOption() => new("--config")
    {
        Description = "The box's configuration file.", DefaultValueFactory = _ => RunCommand.DefaultConfiguration,
    };

    /// <returns><see cref="ExitCode.Unwell"/> if anything must be mended; warnings and what was skipped are no failure.</returns>
    public static async Task<ExitCode> RunAsync(Patient patient, bool json, TextWriter output, CancellationToken cancel)
    {
        if (patient.IsClosed) return Failure.Say(ExitCode.Usage,
            $"this user may not read {patient.ConfigurationFile}: run it as root (sudo edge-agent doctor)");
        var checkup = await Checkup.RunAsync(patient, Checkup.All, cancel);
        if (json) output.WriteLine(checkup.ToJson(patient));
        else Show(checkup, output);
        return checkup.Bad == 0 ? ExitCode.Ok : ExitCode.Unwell;
    }

    private static void Show(Checkup checkup, TextWriter output)
    {
        foreach (var (group, rows) in checkup.Groups)
        {
            output.WriteLine(group);
            foreach (var row in rows)
            {
                output.WriteLine(Printable.Line($"  {Sign(row.Verdict)} {row.Row}: {row.Says}"));
                if (row.Mend is not null && row.Verdict != Verdict.Good)
                    output.WriteLine(Printable.Line($"      {(row.Verdict == Verdict.Bad ? "mend it" : "perhaps")}: {row.Mend}"));
            }
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{checkup.Bad} to mend, {checkup.Warnings} to know"));
    }

    private static string Sign(Verdict verdict) => verdict switch
    {
        Verdict.Good => "√",
        Verdict.Warning => "‼",
        Verdict.Bad => "×",
        _ => "· skipped,",
    };
}
