// How threads share out the chunks of arrays that all of them see: each takes the next one whenever it has done one, and
// the calling thread sleeps meanwhile.

/** What the words count: chunks taken, which may exceed those there are, whole chunks done, rows of a last one done. */
const WORD = { taken: 0, whole: 1, rest: 2 }

/** A job's chunks as all sides see them. */
export interface Claims {
  readonly words: Int32Array
  readonly total: number
  readonly chunkRows: number
}

export function createClaims(total: number, chunkRows: number): Claims {
  return { words: new Int32Array(new SharedArrayBuffer(12)), total, chunkRows }
}

/** A worker's side: computes what it takes until nothing is left. */
export function serveClaims(
  { words, total, chunkRows }: Claims,
  compute: (first: number, count: number) => void,
): void {
  for (;;) {
    const first = Atomics.add(words, WORD.taken, 1) * chunkRows
    if (first >= total) return
    const count = Math.min(chunkRows, total - first)
    compute(first, count)
    if (count === chunkRows) Atomics.add(words, WORD.whole, 1)
    else Atomics.add(words, WORD.rest, count)
  }
}

/** Any side: leaves nothing more to take. */
export function endClaims({ words, total, chunkRows }: Claims): void {
  Atomics.store(words, WORD.taken, Math.ceil(total / chunkRows))
}

export function rowsDone({ words, chunkRows }: Claims): number {
  return Atomics.load(words, WORD.whole) * chunkRows + Atomics.load(words, WORD.rest)
}
