// node hub.mjs AGENCY [HOST:PORT]: each hit of the agency's boxes as a line of JSON, verified and opened. AGENCY is the folder
// that edge-agent hub init made. See write-a-hub.md.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'mqtt'
import { compactVerify, importJWK } from 'jose'
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { Chacha20Poly1305 } from '@hpke/chacha20poly1305'

if (process.argv.length < 3) {
  console.error('usage: node hub.mjs AGENCY [HOST:PORT]; AGENCY is the folder that edge-agent hub init made')
  process.exit(2)
}
const read = (...path) => readFileSync(join(process.argv[2], ...path))
const { agency, broker } = JSON.parse(read('agency.json'))
const boxes = new Map(readdirSync(join(process.argv[2], 'boxes')).map(file => JSON.parse(read('boxes', file))).map(box => [box.box, box.messages]))
const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() })
const bytes = base64url => Buffer.from(base64url, 'base64url')
const require = (holds, what) => { if (!holds) throw new Error(what) }
let said = '' // once for each trouble, not at every attempt
const tell = line => { if (line !== said) console.error(said = line) }
const seen = new Set() // of one run: keep the ids where your hits are kept

async function open(topic, message) {
  const box = topic.split('/')[3]
  require(boxes.has(box), 'no box of ours')
  const { payload } = await compactVerify(message, await importJWK(boxes.get(box), 'EdDSA'), { algorithms: ['EdDSA'] })
  const event = JSON.parse(Buffer.from(payload)), { header, sealed: { kid, enc, ct } } = event.data, clear = JSON.parse(bytes(header))
  require(event.type === 'edge.hit.v1' && event.source === `/agencies/${agency}/boxes/${box}` && clear.agency === agency && clear.box === box &&
    clear.sequence === event.sequence && (clear.for ?? agency) === agency && /^[\w-]{43}$/.test(kid), 'the layers do not say the same')
  require(new Date(clear.expires) > new Date(), 'its retention is over')
  if (seen.has(event.id)) return // QoS 1 is at least once
  const recipientKey = await suite.kem.importKey('raw', read('keys', `recipient-${kid}.key`), false)
  const body = JSON.parse(Buffer.from(await suite.open({ recipientKey, enc: bytes(enc), info: Buffer.from(`edge/v1/hit\0${kid}`) }, bytes(ct), bytes(header))))
  console.log(JSON.stringify({ id: event.id, box, sequence: event.sequence, entry: clear.entry, expires: clear.expires, ...body, crop: undefined }))
  seen.add(event.id)
}

const hub = connect(`mqtts://${process.argv[3] ?? broker}`, { protocolVersion: 5, minVersion: 'TLSv1.3', clientId: `${agency}-hub`, clean: false,
  properties: { sessionExpiryInterval: 7 * 86400 }, ca: read('tls', 'ca.crt'), cert: read('tls', 'hub.crt'), key: read('tls', 'hub.key') })
// The PUBACK follows when this is done: what is cut off before comes again.
hub.handleMessage = ({ topic, payload }, done) => open(topic, payload).catch(refused => console.error(`refused: ${refused.message}`)).finally(done)
hub.on('connect', () => hub.subscribe(`edge/v1/${agency}/+/hit`, { qos: 1 }, () => tell(`watching ${boxes.size} box(es) of ${agency}`)))
hub.on('error', failed => tell(`${failed.message || failed.code}: is the broker there? Trying again until it is`))
