import { createHash } from 'node:crypto'
import type { Matrix } from './rows.js'

/** float32 numbers hashed at a time, so that they never need a second copy of themselves. */
const CHUNK = 65536

/** SHA-256 (hex) of the numbers of a matrix as little-endian float64, row by row; float32 values are widened exactly. */
export function dataSha256({ data }: Pick<Matrix, 'data'>): string {
  const hash = createHash('sha256')
  if (data instanceof Float64Array)
    return hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).digest('hex')
  for (let first = 0; first < data.length; first += CHUNK) {
    hash.update(new Uint8Array(new Float64Array(data.subarray(first, first + CHUNK)).buffer))
  }
  return hash.digest('hex')
}
