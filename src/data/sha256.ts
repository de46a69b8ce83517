import { createHash } from 'node:crypto'
import type { Matrix } from './rows.js'

/** Numbers hashed at a time, so that float32 data never need a second copy of themselves. */
const CHUNK = 65536

/** SHA-256 (hex) of the numbers of a matrix as little-endian float64, row by row; float32 values are widened exactly. */
export function dataSha256({ data }: Pick<Matrix, 'data'>): string {
  const hash = createHash('sha256')
  for (let first = 0; first < data.length; first += CHUNK) {
    hash.update(new Uint8Array(Float64Array.from(data.subarray(first, first + CHUNK)).buffer))
  }
  return hash.digest('hex')
}
