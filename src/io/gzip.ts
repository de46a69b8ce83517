import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

/** The same bytes packed with gzip, as they come; whatever fails on the way fails here. */
export async function* gzipped(pieces: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip()
  // A failure ends the stream that is read from, and is thrown there.
  const feeding = pipeline(pieces, gzip).catch(() => {})
  yield* gzip
  await feeding
}
