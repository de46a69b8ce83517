import { withinSeconds } from './time-limit.js'
import { checkZstdFrame } from './zstd.js'

/** Of a page, or of a piece of a stream; ordinary ones take milliseconds. A damaged table of codes can be one without end. */
const MOST_SECONDS = 10

/** A decoder of zstd, loaded where it is needed. Both ways throw what is wrong with the frame, after 10 s at the latest. */
export interface Unzstd {
  /** A whole page; `length` is what it holds, where that is known. */
  page(packed: Uint8Array, length?: number): Uint8Array
  /** Takes a stream piece by piece, and gives what each makes. */
  stream(): (piece: Uint8Array, last: boolean) => Uint8Array[]
}

export async function loadUnzstd(seconds = MOST_SECONDS): Promise<Unzstd> {
  const { decompress, Decompress } = await import('fzstd')
  return {
    page(packed, length) {
      checkZstdFrame(packed, packed.length)
      return withinSeconds(seconds, () =>
        length === undefined ? decompress(packed) : decompress(packed, new Uint8Array(length)),
      )
    },
    stream() {
      const made: Uint8Array[] = []
      const unpack = new Decompress((piece) => made.push(piece))
      return (piece, last) => {
        withinSeconds(seconds, () => unpack.push(piece, last))
        return made.splice(0)
      }
    },
  }
}
