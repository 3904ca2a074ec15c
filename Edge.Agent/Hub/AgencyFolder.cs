using Edge.Agent.Publishing;

namespace Edge.Agent.Hub;

/// <summary>Where an agency keeps what; the folder's README says what each file is.</summary>
internal sealed record AgencyFolder(string Path)
{
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public string Description => At("agency.json");
    public string Keys => At("keys");
    public string TrustKey => At("keys/trust.key");
    public string HotlistKey => At("keys/hotlists.key");
    public string KeeperKey => At("keys/keeper.key");

    /// <summary>Where the key lies that is to follow on an online key, until the change that names it is published.</summary>
    public static string Next(string key) => System.IO.Path.ChangeExtension(key, ".next.key");

    /// <summary>Which epoch keys were made, and how long policies kept hits.</summary>
    public string Epochs => At("keys/epochs.json");

    /// <summary>A change that waits for its keepers' signatures.</summary>
    public string Pending => At("pending");

    /// <summary>Which files the last push has left on the broker.</summary>
    public string Pushed => At("pushed.json");

    /// <summary>What somebody's one-time codes are made from, to be sealed for boxes that are enrolled later.</summary>
    public string ConsoleSecret(string account) => At($"console/{account}.secret");

    /// <summary>Keepers' keys, each to be carried away by its keeper and deleted.</summary>
    public string ToKeepers => At("to-keepers");

    /// <summary>What people call the keepers' keys.</summary>
    public string KeeperNames => At("keepers.json");

    /// <summary>The orders that were given, and what came of them.</summary>
    public string Orders => At("orders");

    /// <summary>The agency's log of what it has published.</summary>
    public string Publications => At("publications");

    /// <summary>Signs that log.</summary>
    public string PublicationsKey => At("keys/publications.key");

    /// <summary>A witness's key, and what it has cosigned.</summary>
    public string Witness => At("witness");

    /// <summary>The public key of that log, also in a folder made for a witness.</summary>
    public string PublicationsVkey => At("publications.vkey");

    /// <summary>Only in a folder made for a witness who is somebody else: its name.</summary>
    public string AdmittedAs => At("witness.json");

    public string Tls => At("tls");
    public string Trust => At("trust");
    public string Boxes => At("boxes");

    /// <summary>A box made here for a first try, to be carried over and deleted.</summary>
    public string ToBox(string box) => At($"to-box/{box}");

    /// <summary>What another agency gets from this one: its offer, and the list for its boxes.</summary>
    public string Share(string other) => At($"shares/{other}");

    /// <summary>What another agency offered to this one.</summary>
    public string Offer(string other) => At($"offers/{other}.json");

    /// <summary>A grant that waits for the oversight role's signature.</summary>
    public string Draft(string id) => At($"drafts/{id}.json");

    public string RecipientKey(string keyId) => At($"keys/recipient-{keyId}.key");

    public string Box(string box) => At($"boxes/{box}.json");

    /// <summary>Boxes whose names other boxes bear now.</summary>
    public string FormerBoxes => At("boxes/former");

    public string FormerBox(string box, int epoch) => At(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"boxes/former/{box}.{epoch}.json"));

    public LinkCertificates Certificates(string name) => new(At("tls/ca.crt"), At($"tls/{name}.crt"), At($"tls/{name}.key"));

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public void Make()
    {
        foreach (var folder in new[] { Path, Keys, Tls, Trust, Boxes }) Directory.CreateDirectory(folder, OwnerOnly);
    }
}
