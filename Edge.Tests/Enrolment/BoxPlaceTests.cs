using System.Security.Cryptography;
using Edge.Agent.Device;
using Edge.Agent.Enrolment;
using Edge.Storage.Keys;
using Edge.Tests.Support;

namespace Edge.Tests.Enrolment;

/// <summary>Under what the box's keys are wrapped; systemd-creds is played by a fake that turns every bit.</summary>
public sealed class BoxPlaceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private BoxPlace Place(bool works = true, bool opensAgain = true)
    {
        Directory.CreateDirectory(_folder.File("machine/run/systemd/system"));
        return new BoxPlace(new CredentialMachine(_folder.File("machine"), works, opensAgain), _folder.File("edge.json"), _folder.File("state"),
            _folder.File("enrolment"), IsMachine: true);
    }

    private string Credential => _folder.File($"machine{WrappingCredential.File}");

    [Fact]
    public void Keys_are_wrapped_under_a_credential_where_systemd_makes_one_and_no_key_lies_beside_them()
    {
        VerifyingKey made;
        using (var keys = Place().OpenKeys("auto", out var how))
        {
            Assert.Contains("credential", how, StringComparison.Ordinal);
            Assert.Equal(WrappingKeySource.Credential, keys.WrappedBy);
            made = keys.Messages.Public;
        }
        Assert.True(File.Exists(Credential));
        Assert.False(File.Exists(_folder.File("state/keys/wrap.key")));
        using var again = Place().OpenKeys("auto", out var before);
        Assert.Null(before);
        Assert.Equal(made, again.Messages.Public);
    }

    [Theory]
    [InlineData(false, true, "refuses")]
    [InlineData(true, false, "does not open again")]
    public void Where_no_credential_can_be_made_it_says_so_and_a_file_is_the_wrapping_key(bool works, bool opensAgain, string reason)
    {
        using var keys = Place(works, opensAgain).OpenKeys("auto", out var how);
        Assert.Contains(reason, how, StringComparison.Ordinal);
        Assert.Equal(WrappingKeySource.StateDirectory, keys.WrappedBy);
        Assert.False(File.Exists(Credential));
    }

    [Fact]
    public void Whoever_insists_on_a_credential_gets_no_file_instead()
    {
        Assert.Throws<EnrolmentException>(() => Place(works: false).OpenKeys("credential", out _));
        Assert.False(Directory.Exists(_folder.File("state/keys")));
    }

    [Fact]
    public void Keys_whose_credential_is_gone_are_not_made_anew()
    {
        Place().OpenKeys("auto", out _).Dispose();
        File.Delete(Credential);
        Assert.Contains("does not open", Assert.Throws<EnrolmentException>(() => Place().OpenKeys("auto", out _)).Message, StringComparison.Ordinal);
    }

    private sealed class CredentialMachine(string root, bool works, bool opensAgain) : Machine(root)
    {
        public override ProgramSaid? Run(string program, IReadOnlyList<string> arguments, ReadOnlyMemory<byte> input = default)
        {
            Assert.Equal("systemd-creds", program);
            if (arguments[0] == "has-tpm2") return new ProgramSaid(1, [], "");
            Assert.Contains($"--name={KeyFolder.CredentialName}", arguments);
            if (arguments[0] == "encrypt")
                return works ? new ProgramSaid(0, [.. input.ToArray().Select(one => (byte)(one ^ 0xFF))], "") : new ProgramSaid(1, [], "no key");
            Assert.Equal("decrypt", arguments[0]);
            return new ProgramSaid(0, opensAgain ? [.. File.ReadAllBytes(arguments[2]).Select(one => (byte)(one ^ 0xFF))]
                : RandomNumberGenerator.GetBytes(32), "");
        }
    }
}
