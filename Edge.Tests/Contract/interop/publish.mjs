// Reads on standard input a broker, a box's certificate and what to publish, in that order; says how much was acknowledged.
import { readFileSync } from 'node:fs'
import { connectAsync } from 'mqtt'

const { broker, clientId, ca, cert, key, packets } = JSON.parse(readFileSync(0))
const [caPem, certPem, keyPem] = [ca, cert, key].map(file => readFileSync(file))
const box = await connectAsync(`mqtts://${broker}`, { protocolVersion: 5, minVersion: 'TLSv1.3', clientId, ca: caPem, cert: certPem, key: keyPem })
for (const { topic, message } of packets) await box.publishAsync(topic, message, { qos: 1, properties: { contentType: 'application/jose' } })
await box.endAsync()
console.log(packets.length)
