import { withinSeconds } from './time-limit.js'
import { ZstdFrames } from './zstd.js'

/** Of a page, or of a piece of a stream; ordinary ones take milliseconds. A damaged table of codes can be one without end. */
const MOST_SECONDS = 4

/** A decoder of zstd, loaded where it is needed. Both ways throw what is wrong with the frame, after 4 s at the latest. */
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
      const checked = new ZstdFrames().push(packed, true)
      return withinSeconds(seconds, () =>
        length === undefined ? decompress(checked) : decompress(checked, new Uint8Array(length)),
      )
    },
    stream() {
      const frames = new ZstdFrames()
      const made: Uint8Array[] = []
      const unpack = new Decompress((piece) => made.push(piece))
      return (piece, last) => {
        const checked = frames.push(piece, last)
        withinSeconds(seconds, () => unpack.push(checked, last))
        return made.splice(0)
      }
    },
  }
}
