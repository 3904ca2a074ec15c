using System.Diagnostics;
using System.Text;
using Edge.Agent.Publishing;
using Edge.Tests.Support;

namespace Edge.Tests.Publishing;

/// <summary>A message read by a stack that shares no line with ours: Node's Ed25519 (OpenSSL) and JSON.</summary>
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

    [Fact]
    public async Task A_hit_is_verified_by_another_stack()
    {
        using var box = new SampleBox();
        var message = Encoding.ASCII.GetString(box.Hit(7));

        Assert.Equal("true EdDSA true application/cloudevents+json 1.0 edge.hit.v1 /agencies/demo/boxes/box-1 7 entry-7",
            await NodeAsync(Script, message, box.Key.Public.X));
        var forged = message[..^2] + (message[^2] == 'A' ? 'B' : 'A') + message[^1];
        Assert.StartsWith("false", await NodeAsync(Script, forged, box.Key.Public.X), StringComparison.Ordinal);
    }

    private static async Task<string> NodeAsync(params string[] arguments)
    {
        Process? node = null;
        try
        {
            node = Process.Start(new ProcessStartInfo("node", ["-e", .. arguments]) { RedirectStandardOutput = true });
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
