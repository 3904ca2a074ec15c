using Edge.Agent.Cli;
using Edge.Agent.Configuration;
using Edge.Agent.Device;
using Edge.Agent.Enrolment;
using Edge.Agent.Hub;
using Edge.Tests.Matching;
using Edge.Tests.Support;
using OpenCvSharp;

namespace Edge.Tests.Cli;

/// <summary>From a bare folder to a box that its agency knows, as a technician goes.</summary>
public sealed class SetupCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Agency _agency;
    private readonly string _picture;

    public SetupCommandTests()
    {
        _agency = Agency.Create(_folder.File("city"), new AgencyPlan { Agency = "riverton", Cost = Lists.Cheap }, TimeProvider.System.GetUtcNow(), null,
            out _)!;
        _picture = _folder.File("grey.png");
        using var grey = new Mat(36, 64, MatType.CV_8UC3, Scalar.Gray);
        Assert.True(Cv2.ImWrite(_picture, grey));
    }

    public void Dispose()
    {
        _agency.Dispose();
        _folder.Dispose();
    }

    private string Box => _folder.File("box");

    private string RequestFile => _folder.File("box-1.request.json");

    private string AnswerFile => _folder.File("box-1.answer.json");

    private EnrolmentAnswer Answer()
    {
        Assert.True(EnrolmentRequest.TryParse(File.ReadAllBytes(RequestFile), out var request, out _));
        var answer = _agency.Enrol(request, TimeProvider.System.GetUtcNow());
        File.WriteAllBytes(AnswerFile, answer.Write());
        return answer;
    }

    private async Task<(ExitCode Code, string Said, Scripted Person)> SetUpAsync(Func<Question, string>? person, params string[] arguments)
    {
        var (questions, output) = (new Scripted(person), new StringWriter());
        var code = await SetupCommand.RunAsync(["--folder", Box, "--offline", .. arguments], questions, new Machine(), TimeProvider.System, output,
            TestContext.Current.CancellationToken);
        return (code, output.ToString(), questions);
    }

    [Fact]
    public async Task The_usual_way_takes_at_most_twelve_answers_and_ends_with_a_box_that_is_well()
    {
        EnrolmentAnswer? answer = null;
        var (code, said, person) = await SetUpAsync(question => question.Flag switch
        {
            "--agency" => "riverton",
            "--box" => "box-1",
            "--request" => RequestFile,
            "--answer" => Granted(),
            // Another answer with the same last four is found in a million tries.
            "--fingerprint" when question.Fault($"{answer!.Fingerprint}"[^4..]) is not null => $"{answer!.Fingerprint}",
            _ when question.Words.StartsWith("Camera", StringComparison.Ordinal) => _picture,
            _ => question.Usual!,
        });

        Assert.True(code == ExitCode.Ok, said);
        Assert.InRange(person.Asked, 1, 12);
        Assert.DoesNotContain($"{answer!.Fingerprint}"[..9], said.Split("the same again")[0], StringComparison.Ordinal); // it is heard, not read off the screen
        Assert.Equal("riverton/box-1", new EnrolmentFolder(Path.Combine(Box, "enrolment")).Name().ToString());
        var configuration = AgentConfiguration.Load(Path.Combine(Box, "edge.json"));
        Assert.Equal((_agency.Broker, "lane-1", _picture), (configuration.Broker, configuration.Cameras[0].Name, configuration.Cameras[0].Source));
        Assert.Contains("0 to mend", said, StringComparison.Ordinal);

        string Granted()
        {
            answer = Answer();
            return AnswerFile;
        }
    }

    [Fact]
    public async Task What_was_asked_is_printed_as_the_commands_that_need_not_ask()
    {
        EnrolmentAnswer? answer = null;
        var (_, said, _) = await SetUpAsync(question => question.Flag switch
        {
            "--agency" => "riverton", "--box" => "box-1", "--request" => RequestFile, "--answer" => "", _ => question.Usual!,
        });
        var first = Commands(said).Single();
        (_, said, _) = await SetUpAsync(question => question.Flag switch
        {
            "--answer" => Granted(), "--fingerprint" => $"{answer!.Fingerprint}", _ when question.Words.StartsWith("Camera",
                StringComparison.Ordinal) => _picture, _ => question.Usual!,
        });
        var second = Commands(said).Single();

        Directory.Delete(Box, recursive: true);
        _agency.Forget(new Edge.Agent.Publishing.BoxName("riverton", "box-1"));
        var (code, _, person) = await SetUpAsync(null, first);
        Assert.Equal((ExitCode.Ok, 0), (code, person.Asked));
        var anew = Answer();
        (code, said, person) = await SetUpAsync(null, [.. second.Select(word => word == answer!.Fingerprint.ToString() ? anew.Fingerprint.ToString() : word)]);
        Assert.True(code == ExitCode.Ok, said);
        Assert.Equal(0, person.Asked);

        string Granted()
        {
            answer = Answer();
            return AnswerFile;
        }
    }

    private static IEnumerable<string[]> Commands(string said) => said.Split('\n').Where(line =>
        line.Contains("without a question: edge-agent setup --folder", StringComparison.Ordinal))
        .Select(line => line[(line.IndexOf("edge-agent setup ", StringComparison.Ordinal) + "edge-agent setup ".Length)..].Split(' ')[2..]);

    [Fact]
    public async Task Where_nobody_can_be_asked_the_error_names_the_option()
    {
        Assert.Contains("--agency", (await Program()).Error, StringComparison.Ordinal);
        Assert.Contains("--box", (await Program("--agency", "riverton")).Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Box));
        var asked = await Program("--agency", "riverton", "--box", "box-1", "--request", RequestFile);
        Assert.Equal(ExitCode.Ok, asked.Code);
        Assert.Contains("--answer FILE", asked.Output, StringComparison.Ordinal);
        var answer = Answer();
        Assert.Contains("--fingerprint", (await Program("--answer", AnswerFile)).Error, StringComparison.Ordinal);
        Assert.Contains("--fingerprint is not this answer's", (await Program("--answer", AnswerFile, "--fingerprint", "0000-0000-0000-0000")).Error,
            StringComparison.Ordinal);
        // Of a part, another answer can be made to have the same.
        Assert.Contains("four groups", (await Program("--answer", AnswerFile, "--fingerprint", $"{answer.Fingerprint}"[^4..])).Error, StringComparison.Ordinal);
        Assert.False(new EnrolmentFolder(Path.Combine(Box, "enrolment")).IsEnrolled);

        Task<EdgeAgent.Ended> Program(params string[] arguments) => RunProgramAsync(["setup", "--folder", Box, "--offline", .. arguments]);
    }

    private static async Task<EdgeAgent.Ended> RunProgramAsync(string[] arguments)
    {
        var ended = await EdgeAgent.RunAsync(arguments);
        Assert.True(ended.Code is ExitCode.Ok or ExitCode.Usage, ended.Error);
        return ended;
    }

    [Fact]
    public async Task A_camera_s_password_goes_into_the_configuration_and_is_printed_nowhere()
    {
        await SetUpAsync(null, "--agency", "riverton", "--box", "box-1", "--request", RequestFile);
        var answer = Answer();
        var (_, said, _) = await SetUpAsync(null, "--answer", AnswerFile, "--fingerprint", answer.Fingerprint.ToString(), "--camera",
            "lane-1=rtsp://eye:hush-hush@10.0.0.7/s");
        Assert.Equal("rtsp://eye:hush-hush@10.0.0.7/s", AgentConfiguration.Load(Path.Combine(Box, "edge.json")).Cameras[0].Source);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(Path.Combine(Box, "edge.json")));
        Assert.DoesNotContain("hush", said, StringComparison.Ordinal);
        Assert.Contains("rtsp://USER:PASSWORD@10.0.0.7/s", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_technician_has_set_stays_when_cameras_are_named_again()
    {
        await SetUpAsync(null, "--agency", "riverton", "--box", "box-1", "--request", RequestFile);
        await SetUpAsync(null, "--answer", AnswerFileOf(Answer()), "--fingerprint", _fingerprint, "--camera", $"lane-1={_picture}");
        var file = Path.Combine(Box, "edge.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"broker\"", "\"outboxMegabytes\": 64, \"broker\"", StringComparison.Ordinal));
        var (code, said, _) = await SetUpAsync(null, "--camera", $"north={_picture}");
        Assert.True(code == ExitCode.Ok, said);
        var configuration = AgentConfiguration.Load(file);
        Assert.Equal((64, "north", _agency.Broker), (configuration.OutboxMegabytes, configuration.Cameras.Single().Name, configuration.Broker));
    }

    private string _fingerprint = "";

    private string AnswerFileOf(EnrolmentAnswer answer)
    {
        _fingerprint = answer.Fingerprint.ToString();
        return AnswerFile;
    }

    [Fact]
    public async Task A_renewed_certificate_needs_no_fingerprint_and_changes_no_setting()
    {
        await SetUpAsync(null, "--agency", "riverton", "--box", "box-1", "--request", RequestFile);
        await SetUpAsync(null, "--answer", AnswerFileOf(Answer()), "--fingerprint", _fingerprint, "--camera", $"lane-1={_picture}");
        var (before, settings) = (File.ReadAllText(Path.Combine(Box, "enrolment", "box.crt")), File.ReadAllText(Path.Combine(Box, "edge.json")));
        File.WriteAllBytes(AnswerFile, _agency.Renew("box-1", TimeProvider.System.GetUtcNow().AddMinutes(1)).Write());
        var (code, said, _) = await SetUpAsync(null, "--answer", AnswerFile);
        Assert.True(code == ExitCode.Ok, said);
        Assert.NotEqual(before, File.ReadAllText(Path.Combine(Box, "enrolment", "box.crt")));
        Assert.Equal(settings, File.ReadAllText(Path.Combine(Box, "edge.json")));
    }

    [Fact]
    public async Task A_lost_request_is_made_again_with_the_same_keys()
    {
        await SetUpAsync(null, "--agency", "riverton", "--box", "box-1", "--request", RequestFile);
        Assert.True(EnrolmentRequest.TryParse(File.ReadAllBytes(RequestFile), out var first, out _));
        File.Delete(RequestFile);
        await SetUpAsync(null, "--again", "--request", RequestFile);
        Assert.True(EnrolmentRequest.TryParse(File.ReadAllBytes(RequestFile), out var second, out _));
        Assert.Equal((first.Messages, first.Log.ToString(), first.Box), (second.Messages, second.Log.ToString(), second.Box));
        Assert.NotEqual(first.Fingerprint, second.Fingerprint);
    }

    [Theory]
    [InlineData("lane-1", "--camera must be NAME=SOURCE")]
    [InlineData("Lane 1=/dev/video0", "--camera must be NAME=SOURCE")]
    [InlineData("lane-1=ftp://secret@host/", "its source ftp:// is not supported")]
    public async Task A_bad_camera_is_refused_without_repeating_what_was_typed(string camera, string reason)
    {
        await SetUpAsync(null, "--agency", "riverton", "--box", "box-1", "--request", RequestFile);
        var answer = Answer();
        var ended = await RunProgramAsync(["setup", "--folder", Box, "--answer", AnswerFile, "--fingerprint", answer.Fingerprint.ToString(), "--camera",
            camera]);
        Assert.Equal(ExitCode.Usage, ended.Code);
        Assert.Contains(reason, ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", ended.Error, StringComparison.Ordinal);
        Assert.False(new EnrolmentFolder(Path.Combine(Box, "enrolment")).IsEnrolled); // the answer is still good
    }

    [Fact]
    public async Task A_technician_who_leaves_at_the_cameras_goes_on_there()
    {
        await SetUpAsync(null, "--agency", "riverton", "--box", "box-1", "--request", RequestFile);
        var answer = Answer();
        await Assert.ThrowsAsync<OperationCanceledException>(() => SetUpAsync(_ => throw new OperationCanceledException(), "--answer", AnswerFile,
            "--fingerprint", answer.Fingerprint.ToString()));
        Assert.False(File.Exists(Path.Combine(Box, "edge.json")));
        var (code, said, _) = await SetUpAsync(null, "--camera", $"lane-1={_picture}");
        Assert.True(code == ExitCode.Ok, said);
        Assert.Equal(_agency.Broker, AgentConfiguration.Load(Path.Combine(Box, "edge.json")).Broker);
    }

    [Fact]
    public void Cameras_that_the_kernel_shows_are_found_by_their_first_node()
    {
        foreach (var (node, index, name) in new[] { ("video0", "0", "Rear Eye"), ("video1", "1", "Rear Eye"), ("video2", "0", "vivid") })
        {
            Directory.CreateDirectory(_folder.File($"machine/sys/class/video4linux/{node}"));
            File.WriteAllText(_folder.File($"machine/sys/class/video4linux/{node}/index"), $"{index}\n");
            File.WriteAllText(_folder.File($"machine/sys/class/video4linux/{node}/name"), $"{name}\n");
        }
        Assert.Equal([new FoundCamera("/dev/video0", "Rear Eye"), new FoundCamera("/dev/video2", "vivid")],
            FoundCamera.On(new Machine(_folder.File("machine"))));
    }

    [Fact]
    public async Task At_the_hub_a_request_is_granted_to_who_read_its_fingerprint_and_once()
    {
        await SetUpAsync(null, "--agency", "riverton", "--box", "box-1", "--request", RequestFile);
        Assert.True(EnrolmentRequest.TryParse(File.ReadAllBytes(RequestFile), out var request, out _));
        Assert.Contains("--fingerprint", (await EdgeAgent.RunAsync("hub", "enrol", _folder.File("city"), RequestFile)).Error, StringComparison.Ordinal);
        var other = await EdgeAgent.RunAsync("hub", "enrol", _folder.File("city"), RequestFile, "--fingerprint", "0000-0000-0000-0000");
        Assert.Equal(ExitCode.Verification, other.Code);
        Assert.Empty(_agency.Boxes);
        var granted = await EdgeAgent.RunAsync("hub", "enrol", _folder.File("city"), RequestFile, "--fingerprint",
            request.Fingerprint.ToString().ToLowerInvariant(), "--answer", AnswerFile);
        Assert.True(granted.Code == ExitCode.Ok, granted.Error);
        Assert.True(EnrolmentAnswer.TryParse(File.ReadAllBytes(AnswerFile), out var answer, out _));
        Assert.Contains(answer.Fingerprint.ToString(), granted.Output, StringComparison.Ordinal);
        Assert.Equal("box-1", Assert.Single(_agency.Boxes).Name.Box);
        var again = await EdgeAgent.RunAsync("hub", "enrol", _folder.File("city"), RequestFile, "--fingerprint", request.Fingerprint.ToString());
        Assert.Equal(ExitCode.Configuration, again.Code);
        Assert.Contains("granted once", again.Error, StringComparison.Ordinal);
    }

    /// <summary>Somebody who answers, or nobody.</summary>
    private sealed class Scripted(Func<Question, string>? person) : Questions
    {
        public override bool CanAsk => person is not null;

        protected override string AskPerson(Question question)
        {
            var answer = person!(question);
            Assert.True(question.Fault(answer) is null, $"{question.Words}: {question.Fault(answer)}");
            return answer;
        }
    }

    [Fact]
    public async Task The_request_given_as_the_answer_is_known_for_what_it_is()
    {
        await SetUpAsync(null, "--agency", "riverton", "--box", "box-1", "--request", RequestFile);
        var (code, _, _) = await SetUpAsync(null, "--answer", RequestFile);
        Assert.Equal(ExitCode.Usage, code);
    }
}
