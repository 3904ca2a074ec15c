// node examples.mjs FOLDER: verifies and opens each example of docs/examples with the keys that lie beside them; says which it read.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'

const read = name => JSON.parse(readFileSync(join(process.argv[2], `${name}.json`)))
const keys = read('keys')
const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() })
const bytes = base64url => Buffer.from(base64url, 'base64url')
const same = (what, left, right) => { if (!isDeepStrictEqual(left, right)) throw new Error(`${what} differs`) }

async function open({ header, sealed: { kid, enc, ct } }, use, key) {
  same('kid', kid, await calculateJwkThumbprint(key))
  const recipientKey = await suite.kem.importKey('raw', bytes(key.d), false)
  const inside = await suite.open({ recipientKey, enc: bytes(enc), info: Buffer.from(`edge/v1/${use}\0${kid}`) }, bytes(ct), bytes(header))
  return { clear: JSON.parse(bytes(header)), inside: JSON.parse(Buffer.from(inside)) }
}

const names = ['hit', 'summary', 'incident', 'status', 'answer', 'order', 'checkpoint', 'receipt']
for (const name of names) {
  const example = read(name)
  const { d, ...signer } = { order: keys.operator, receipt: keys.hub }[name] ?? keys.box
  const { payload, protectedHeader } = await compactVerify(example.message, await importJWK(signer, 'EdDSA'), { algorithms: ['EdDSA'] })
  const event = JSON.parse(Buffer.from(payload))
  same(`${name}: header`, protectedHeader, { alg: 'EdDSA', kid: await calculateJwkThumbprint(signer), cty: 'application/cloudevents+json' })
  same(`${name}: event`, event, example.event)
  if (name === 'hit' || name === 'order') {
    const { clear, inside } = await open(event.data, name, name === 'order' ? keys.boxOrders : keys.agency)
    same(`${name}: clear`, clear, example.clear)
    same(`${name}: inside`, inside, example.inside)
  }
  for (const { record } of event.data.hits instanceof Array ? event.data.hits : []) same('found', await open(record, 'hit', keys.agency), (({ clear, inside }) => ({ clear, inside }))(read('hit')))
}
console.log(names.join(' '))
