// Reads on standard input what a box would say, and with which keys; writes the signed message.
import { readFileSync } from 'node:fs'
import { CompactSign, calculateJwkThumbprint, importJWK } from 'jose'
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'

const { signingKey, recipient, header, body, event } = JSON.parse(readFileSync(0))
const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() })
const kid = await calculateJwkThumbprint(recipient)
const clear = Buffer.from(JSON.stringify(header))
const recipientPublicKey = await suite.kem.importKey('raw', Buffer.from(recipient.x, 'base64url'), true)
const { ct, enc } = await suite.seal({ recipientPublicKey, info: Buffer.from(`edge/v1/hit\0${kid}`) }, Buffer.from(JSON.stringify(body)), clear)
const text = buffer => Buffer.from(buffer).toString('base64url')
const data = { header: text(clear), sealed: { suite: 'X25519-HKDF-SHA256/HKDF-SHA256/ChaCha20Poly1305', kid, enc: text(enc), ct: text(ct) } }
const { d, ...publicKey } = signingKey
console.log(await new CompactSign(Buffer.from(JSON.stringify({ ...event, data })))
  .setProtectedHeader({ alg: 'EdDSA', kid: await calculateJwkThumbprint(publicKey), cty: 'application/cloudevents+json' })
  .sign(await importJWK(signingKey, 'EdDSA')))
