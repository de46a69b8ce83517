// Writes the seeds that nothing else in the repository has: node dist/fuzz/make-seeds.js
import { writeFileSync } from 'node:fs'
import { encodeCheckpoints } from '#io/checkpoint-file.js'
import { fitOf } from './readings.js'

const written: Uint8Array[] = []
await fitOf({ write: (bytes) => written.push(bytes.slice()) })
const [first] = written
const place = (name: string) => new URL(`../../test/fuzz/seeds/${name}`, import.meta.url)
writeFileSync(place('checkpoint.safetensors'), first)
writeFileSync(place('checkpoints.safetensors'), encodeCheckpoints([first, undefined, first]))
