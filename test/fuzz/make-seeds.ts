// Writes the seeds that nothing else in the repository has: node dist/fuzz/make-seeds.js
import { writeFileSync } from 'node:fs'
import { encodeCheckpoints } from '#io/checkpoint-file.js'
import { fitOf } from './readings.js'

const written: Uint8Array[] = []
await fitOf({ steps: 2, write: (bytes) => written.push(bytes.slice()) })
const [last] = written.slice(-1)
const place = (name: string) => new URL(`../../test/fuzz/seeds/${name}`, import.meta.url)
writeFileSync(place('checkpoint.safetensors'), last)
writeFileSync(place('checkpoints.safetensors'), encodeCheckpoints([last, undefined, last]))
