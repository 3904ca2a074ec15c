using System.Security.Cryptography;
using Edge.Agent.Hub;
using Edge.Storage.Keys;

namespace Edge.Agent.Cli;

/// <summary>A keeper's or an operator's key that is made here.</summary>
internal static class NewKeeper
{
    /// <summary>Makes a key under a new passphrase; the caller disposes it.</summary>
    public static Keeper Make(string name, string? passphraseFile)
    {
        var passphrase = Passphrase.Read(name, passphraseFile, twice: true);
        try
        {
            var key = SigningKey.Create();
            return new Keeper(name, key, KeeperKey.Protect(key, passphrase));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(passphrase);
        }
    }
}
