using System.Diagnostics;
using System.Text;
using Edge.Agent.Publishing;
using Edge.Tests.Support;

namespace Edge.Tests.Publishing;

/// <summary>A message read by stacks that share no line with ours: Node's own Ed25519 (OpenSSL) and JSON, and the npm package
/// <c>jose</c> where EDGE_JOSE names a folder in which <c>npm install jose</c> was run.</summary>
public sealed class ForeignJwsTests
{
    private const string Script = """
        const [jws, x] = process.argv.slice(1);
        const [header, payload, signature] = jws.split('.');
        const crypto = require('crypto');
        const key = crypto.createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
        const good = crypto.verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
        const thumbprint = crypto.createHash('sha256').update(JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x })).digest('base64url');
        const { alg, kid, cty } = JSON.parse(Buffer.from(header, 'base64url'));
        const event = JSON.parse(Buffer.from(payload, 'base64url'));
        console.log([good, alg, kid === thumbprint, cty, event.specversion, event.type, event.source, event.sequence,
            JSON.parse(Buffer.from(event.data.header, 'base64url')).entry].join(' '));
        """;

    private const string JoseScript = """
        const [jws, x] = process.argv.slice(1);
        import('jose').then(async jose => {
            const jwk = { kty: 'OKP', crv: 'Ed25519', x };
            const { payload, protectedHeader } = await jose.compactVerify(jws, await jose.importJWK(jwk, 'EdDSA'), { algorithms: ['EdDSA'] });
            const event = JSON.parse(new TextDecoder().decode(payload));
            console.log(event.type, protectedHeader.kid === await jose.calculateJwkThumbprint(jwk));
        }).catch(refused => console.log(refused.code));
        """;

    [Fact]
    public async Task A_hit_is_verified_by_jose()
    {
        var home = Environment.GetEnvironmentVariable("EDGE_JOSE");
        Assert.SkipWhen(home is null, "EDGE_JOSE names no folder with jose in it");
        using var box = new SampleBox();
        var message = Encoding.ASCII.GetString(box.Hit(7));

        Assert.Equal("edge.hit.v1 true", await NodeAsync(home, JoseScript, message, box.Key.Public.X));
        Assert.Equal("ERR_JWS_SIGNATURE_VERIFICATION_FAILED", await NodeAsync(home, JoseScript, Forged(message), box.Key.Public.X));
    }

    [Fact]
    public async Task A_hit_is_verified_by_another_stack()
    {
        using var box = new SampleBox();
        var message = Encoding.ASCII.GetString(box.Hit(7));

        Assert.Equal("true EdDSA true application/cloudevents+json 1.0 edge.hit.v1 /agencies/demo/boxes/box-1 7 entry-7",
            await NodeAsync(null, Script, message, box.Key.Public.X));
        Assert.StartsWith("false", await NodeAsync(null, Script, Forged(message), box.Key.Public.X), StringComparison.Ordinal);
    }

    private static string Forged(string message) => message[..^2] + (message[^2] == 'A' ? 'B' : 'A') + message[^1];

    private static async Task<string> NodeAsync(string? folder, params string[] arguments)
    {
        Process? node = null;
        try
        {
            node = Process.Start(new ProcessStartInfo("node", ["-e", .. arguments]) 
            {
                RedirectStandardOutput = true, WorkingDirectory = folder ?? "",
            });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("node is not installed");
        }
        using (node)
        {
            var output = await node!.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await node.WaitForExitAsync(TestContext.Current.CancellationToken);
            return output.Trim();
        }
    }
}
