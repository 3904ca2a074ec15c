using System.CommandLine;
using System.Globalization;
using Edge.Agent.Device;
using Edge.Agent.Doctor;

namespace Edge.Agent.Cli;

/// <summary><c>support-bundle</c>: one archive for whoever helps; no plate, no case, no key, no password.</summary>
internal static class SupportBundleCommand
{
    public static Command Build()
    {
        var config = DoctorCommand.ConfigOption();
        var to = new Option<string?>("--out") { Description = "The archive; edge-support-TIME.tar.gz here unless given." };
        var offline = new Option<bool>("--offline") { Description = "Ask nothing over a network." };
        var command = new Command("support-bundle", "Pack what somebody who helps must see; no plate, case, key or password is in it") { config, to, offline };
        command.SetAction((parse, cancel) => Failure.ShowAsync(async () =>
        {
            var patient = Patient.Of(parse.GetValue(config)!, new Machine(), TimeProvider.System, parse.GetValue(offline));
            var file = Path.GetFullPath(parse.GetValue(to) ?? string.Create(CultureInfo.InvariantCulture,
                $"edge-support-{patient.Time.GetUtcNow():yyyyMMdd-HHmmss}.tar.gz"));
            await using (var archive = new FileStream(file, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
                await new SupportBundle(patient).WriteAsync(archive, cancel);
            parse.InvocationConfiguration.Output.WriteLine($"{file}: versions, settings without addresses of cameras, doctor, health, journal and unit; look through it before you hand it over");
            return ExitCode.Ok;
        }));
        return command;
    }
}
