using System.Security.Cryptography;
using Edge.Storage.Keys;
using Edge.Tests.Support;

namespace Edge.Tests.Keys;

public sealed class KeyFolderTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Keys_are_made_once_and_found_again()
    {
        string messages, log;
        using (var made = KeyFolder.Open(_folder.Path, null)) (messages, log) = (made.Messages.Public.KeyId, made.Log.Public.KeyId);
        using var found = KeyFolder.Open(_folder.Path, null);
        Assert.Equal((messages, log), (found.Messages.Public.KeyId, found.Log.Public.KeyId));
        Assert.NotEqual(messages, log);
        Assert.Equal(WrappingKeySource.StateDirectory, found.WrappedBy);
    }

    [Fact]
    public void Destroying_keys_goes_into_no_link_that_somebody_has_put_among_them()
    {
        KeyFolder.Open(_folder.Path, null).Dispose();
        var elsewhere = Directory.CreateDirectory(_folder.File("elsewhere"));
        File.WriteAllText(Path.Combine(elsewhere.FullName, "passwd"), "theirs");
        Directory.CreateSymbolicLink(_folder.File("keys/folder"), elsewhere.FullName);
        Directory.CreateSymbolicLink(_folder.File("keys/hours/folder"), elsewhere.FullName);
        File.CreateSymbolicLink(_folder.File("keys/file"), Path.Combine(elsewhere.FullName, "passwd"));
        KeyFolder.Destroy(_folder.Path);
        Assert.Equal("theirs", File.ReadAllText(Path.Combine(elsewhere.FullName, "passwd")));
        Assert.Empty(Directory.EnumerateFiles(_folder.File("keys"), "*", SearchOption.AllDirectories));

        Directory.Delete(_folder.File("keys"), recursive: true);
        Directory.CreateSymbolicLink(_folder.File("keys"), elsewhere.FullName);
        Assert.Throws<IOException>(() => KeyFolder.Destroy(_folder.Path));
        Assert.Equal("theirs", File.ReadAllText(Path.Combine(elsewhere.FullName, "passwd")));
    }

    [Fact]
    public void A_case_has_another_name_for_every_purpose_and_every_agency()
    {
        using var keys = KeyFolder.Open(_folder.Path, null);
        using var elsewhere = KeyFolder.Open(_folder.File("elsewhere"), null);
        var names = new[]
        {
            keys.CasePseudonym("2026-17", "stolen-vehicle"), keys.CasePseudonym("2026-17", "missing-person"), keys.CasePseudonym("2026-18", "stolen-vehicle"),
            keys.CasePseudonym("2026-17", "stolen-vehicle", "millbrook"), elsewhere.CasePseudonym("2026-17", "stolen-vehicle"),
        };
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal(names[0], keys.CasePseudonym("2026-17", "stolen-vehicle"));
        // Else the parts could be moved from one to the next.
        Assert.Throws<ArgumentException>(() => keys.CasePseudonym("2026-17\nstolen-vehicle", "millbrook"));
    }

    [Fact]
    public void Every_file_is_its_owners_and_none_holds_a_private_key_in_the_clear()
    {
        using var keys = KeyFolder.Open(_folder.Path, null);
        keys.Hours.Encrypt(KeyHour.OfExpiry(DateTimeOffset.UnixEpoch.AddHours(3)), [], []);
        var files = Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories);
        Assert.Equal(["0", "1970-01-01T02", "first", "log.key", "message.key", "order.key", "pseudonym.key", "wrap.key"],
            files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(Owner, File.GetUnixFileMode(file)));
        Assert.All(Directory.GetDirectories(_folder.Path, "*", SearchOption.AllDirectories),
            folder => Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(folder)));
        foreach (var seed in new[] { keys.Messages.ExportSeed(), keys.Log.ExportSeed(), keys.Orders.Export(), keys.Epochs.Load(0)!.ExportSeed() })
            Assert.All(files, file => Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(seed)));
    }

    [Fact]
    public void A_systemd_credential_is_the_wrapping_key_where_there_is_one()
    {
        var credentials = Credential(RandomNumberGenerator.GetBytes(32));
        using (var keys = KeyFolder.Open(_folder.File("state"), credentials)) Assert.Equal(WrappingKeySource.Credential, keys.WrappedBy);
        Assert.False(File.Exists(Path.Combine(_folder.File("state"), "keys", "wrap.key")));
        using (KeyFolder.Open(_folder.File("state"), credentials)) { }

        // Without it, or with another, nothing opens and nothing is replaced.
        var before = File.ReadAllBytes(Path.Combine(_folder.File("state"), "keys", "message.key"));
        Assert.Contains("edge-agent.wrap", Assert.Throws<UnusableKeyException>(() => KeyFolder.Open(_folder.File("state"), null)).Message,
            StringComparison.Ordinal);
        Credential(RandomNumberGenerator.GetBytes(32));
        Assert.Contains("message.key", Assert.Throws<UnusableKeyException>(() => KeyFolder.Open(_folder.File("state"), credentials)).Message,
            StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(_folder.File("state"), "keys", "message.key")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(100_000)]
    public void A_wrapping_key_of_another_size_is_refused(int size)
    {
        var refused = Assert.Throws<UnusableKeyException>(() => KeyFolder.Open(_folder.File("state"), Credential(new byte[size])));
        Assert.Contains("systemd-creds", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_credentials_for_others_is_not_ours()
    {
        Directory.CreateDirectory(_folder.File("credentials"));
        using var keys = KeyFolder.Open(_folder.File("state"), _folder.File("credentials"));
        Assert.Equal(WrappingKeySource.StateDirectory, keys.WrappedBy);
    }

    [Theory]
    [InlineData("message.key")]
    [InlineData("log.key")]
    public void A_key_file_with_any_bit_changed_is_named(string name)
    {
        using (KeyFolder.Open(_folder.Path, null)) { }
        var path = Path.Combine(_folder.Path, "keys", name);
        var bytes = File.ReadAllBytes(path);
        Assert.Equal(84, bytes.Length);
        for (var at = 0; at < bytes.Length; at += 3)
        {
            bytes[at] ^= 1;
            File.WriteAllBytes(path, bytes);
            Assert.Contains(name, Assert.Throws<UnusableKeyException>(() => KeyFolder.Open(_folder.Path, null)).Message, StringComparison.Ordinal);
            bytes[at] ^= 1;
        }
    }

    [Fact]
    public void One_key_cannot_stand_in_for_another()
    {
        using (KeyFolder.Open(_folder.Path, null)) { }
        File.Copy(Path.Combine(_folder.Path, "keys", "message.key"), Path.Combine(_folder.Path, "keys", "log.key"), overwrite: true);
        Assert.Throws<UnusableKeyException>(() => KeyFolder.Open(_folder.Path, null));
    }

    [Theory]
    [InlineData("wrap.key")]
    [InlineData("log.key")]
    public void A_key_that_others_may_read_is_refused(string name)
    {
        using (KeyFolder.Open(_folder.Path, null)) { }
        File.SetUnixFileMode(Path.Combine(_folder.Path, "keys", name), Owner | UnixFileMode.GroupRead);
        var refused = Assert.Throws<UnusableKeyException>(() => KeyFolder.Open(_folder.Path, null));
        Assert.Contains("chmod 600", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_first_starts_at_once_do_not_both_make_keys()
    {
        using (KeyFolder.Open(_folder.Path, null)) { }
        using (Edge.Storage.Files.FolderLock.TryTake(Path.Combine(_folder.Path, "keys")))
            Assert.Throws<Edge.Storage.Database.StateBusyException>(() => KeyFolder.Open(_folder.Path, null));
        using (KeyFolder.Open(_folder.Path, null)) { }
    }

    private string Credential(byte[] key)
    {
        Directory.CreateDirectory(_folder.File("credentials"));
        File.WriteAllBytes(Path.Combine(_folder.File("credentials"), KeyFolder.CredentialName), key);
        return _folder.File("credentials");
    }
}
