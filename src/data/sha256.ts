import { createHash } from 'node:crypto'
import { blockRowsOf, type RowSource } from './row-source.js'

/** SHA-256 (hex) of the numbers of all rows as little-endian float64, row by row; float32 values are widened exactly. */
export async function dataSha256(source: RowSource): Promise<string> {
  const hash = createHash('sha256')
  for await (const block of source.blocks(blockRowsOf(source.columns))) {
    const { buffer, byteOffset, byteLength } = block instanceof Float64Array ? block : Float64Array.from(block)
    hash.update(new Uint8Array(buffer, byteOffset, byteLength))
  }
  return hash.digest('hex')
}
