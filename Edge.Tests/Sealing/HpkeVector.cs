namespace Edge.Tests.Sealing;

/// <summary>RFC 9180 appendix A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode.</summary>
internal static class HpkeVector
{
    public static byte[] Info { get; } = Hex("4f6465206f6e2061204772656369616e2055726e");
    public static byte[] EphemeralPrivate { get; } = Hex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600");
    public static byte[] RecipientPublic { get; } = Hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
    public static byte[] RecipientPrivate { get; } = Hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb");
    public static byte[] Encapsulated { get; } = Hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
    public static byte[] BaseNonce { get; } = Hex("5c4d98150661b848853b547f");
    public static byte[] Plaintext { get; } = "Beauty is truth, truth beauty"u8.ToArray();

    public static TheoryData<ulong, string, string> Encryptions => new()
    {
        { 0, "Count-0", "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28" },
        { 1, "Count-1", "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c" },
        { 2, "Count-2", "71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02b4f10ecac6f48c32f878fae86b" },
        { 4, "Count-4", "63357a2aa291f5a4e5f27db6baa2af8cf77427c7c1a909e0b37214dd47db122bb153495ff0b02e9e54a50dbe16" },
        { 255, "Count-255", "18ab939d63ddec9f6ac2b60d61d36a7375d2070c9b683861110757062c52b8880a5f6b3936da9cd6c23ef2a95c" },
        { 256, "Count-256", "7a4a13e9ef23978e2c520fd4d2e757514ae160cd0cd05e556ef692370ca53076214c0c40d4c728d6ed9e727a5b" },
    };

    public static TheoryData<string, string> Exports => new()
    {
        { "", "4bbd6243b8bb54cec311fac9df81841b6fd61f56538a775e7c80a9f40160606e" },
        { "00", "8c1df14732580e5501b00f82b10a1647b40713191b7c1240ac80e2b68808ba69" },
        { "54657374436f6e74657874", "5acb09211139c43b3090489a9da433e8a30ee7188ba8b0a9a1ccf0c229283e53" },
    };

    public static byte[] Hex(string hex) => Convert.FromHexString(hex);
}
