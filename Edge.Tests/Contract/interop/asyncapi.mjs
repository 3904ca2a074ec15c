// node asyncapi.mjs FILE: what @asyncapi/parser finds wrong with it, one line each.
import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'

const { diagnostics, document } = await new Parser().parse(readFileSync(process.argv[2], 'utf8'), { source: process.argv[2] })
for (const { severity, message, path } of diagnostics.filter(found => found.severity < 2)) console.log(`${severity} ${path.join('.')}: ${message}`)
if (document) console.log(`addresses ${document.allChannels().all().map(channel => channel.address()).join(' ')}`)
