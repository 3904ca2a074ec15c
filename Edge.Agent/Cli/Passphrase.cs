using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Edge.Agent.Hub;
using Edge.Storage.Keys;

namespace Edge.Agent.Cli;

/// <summary>Where a keeper's passphrase comes from: a file, a systemd credential, or the terminal. Never the command line or
/// an environment variable, which others on the machine can read.</summary>
internal static class Passphrase
{
    /// <summary>The option that names a file.</summary>
    public static Option<string?> Option() => new("--passphrase-file")
    {
        Description = "File whose first line is the passphrase; otherwise the terminal asks.",
    };

    /// <summary>Opens the key in <paramref name="keyFile"/>; the caller disposes it.</summary>
    /// <exception cref="AgencyException">No key, no passphrase, or the wrong one.</exception>
    public static SigningKey Open(string keyFile, string? passphraseFile)
    {
        var key = Load(keyFile);
        var passphrase = Read(Path.GetFileNameWithoutExtension(keyFile), passphraseFile, twice: false);
        try
        {
            return key.TryOpen(passphrase, out var signing) ? signing
                : throw new AgencyException($"{keyFile} does not open: the passphrase is wrong, or the file was changed");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
        }
    }

    public static KeeperKey Load(string file) =>
        new FileInfo(file) is not { Exists: true, Length: <= KeeperKey.MaxBytes }
            ? throw new AgencyException($"{file} is not a keeper's key: hub key makes one")
        : KeeperKey.TryParse(File.ReadAllBytes(file), out var key, out var problems) ? key
        : throw new AgencyException($"{file} is not a keeper's key: {problems[0]}");

    /// <summary>The passphrase itself; the caller wipes it.</summary>
    /// <exception cref="AgencyException">There is none, or it is too short.</exception>
    public static byte[] Read(string name, string? file, bool twice)
    {
        file ??= Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { } credentials
            && Path.Combine(credentials, $"edge-agent.{name}") is var credential && File.Exists(credential) ? credential : null;
        var passphrase = file is not null ? FromFile(file) : FromTerminal(name, twice);
        if (passphrase.Length >= KeeperKey.ShortestPassphrase) return passphrase;
        CryptographicOperations.ZeroMemory(passphrase);
        throw new AgencyException($"the passphrase of {name} is too short: at least {KeeperKey.ShortestPassphrase} characters");
    }

    // The first line.
    private static byte[] FromFile(string file)
    {
        if (new FileInfo(file) is not { Exists: true, Length: <= 4096 }) throw new AgencyException($"{file} is not there, or holds no passphrase");
        var bytes = File.ReadAllBytes(file);
        var line = bytes.AsSpan()[..(bytes.AsSpan().IndexOfAny((byte)'\r', (byte)'\n') is >= 0 and var end ? end : bytes.Length)].ToArray();
        CryptographicOperations.ZeroMemory(bytes);
        return line;
    }

    private static byte[] FromTerminal(string name, bool twice)
    {
        if (Console.IsInputRedirected)
            throw new AgencyException($"no terminal to ask for the passphrase of {name}: give --passphrase-file");
        if (!twice) return Ask($"Passphrase of {name}: ");
        while (true)
        {
            var typed = Ask($"Passphrase of {name} (at least {KeeperKey.ShortestPassphrase} characters): ");
            if (typed.Length >= KeeperKey.ShortestPassphrase)
            {
                var again = Ask("Once more: ");
                var same = typed.AsSpan().SequenceEqual(again);
                CryptographicOperations.ZeroMemory(again);
                if (same) return typed;
                Console.Error.WriteLine("the two differ: type both again");
            }
            else Console.Error.WriteLine($"too short: at least {KeeperKey.ShortestPassphrase} characters");
            CryptographicOperations.ZeroMemory(typed);
        }
    }

    private static byte[] Ask(string prompt)
    {
        using var open = Interruption.Question();
        Console.Error.Write(prompt);
        var typed = new List<char>();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
            if (key.Key == ConsoleKey.Backspace && typed.Count > 0) typed.RemoveAt(typed.Count - 1);
            else if (!char.IsControl(key.KeyChar)) typed.Add(key.KeyChar);
        Console.Error.WriteLine();
        return Encoding.UTF8.GetBytes([.. typed]);
    }
}
