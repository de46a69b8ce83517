import type { SchemaElement } from 'hyparquet'

/** Encodings by their numbers in a page's header; what is not here is not read. */
const ENCODINGS: Readonly<Record<number, 'plain' | 'runs' | 'delta' | 'texts' | 'split'>> = {
  0: 'plain',
  2: 'runs',
  3: 'runs',
  5: 'delta',
  6: 'texts',
  7: 'texts',
  8: 'runs',
  9: 'split',
}
/** Bytes of a value at least; of a text its length. */
const WIDTHS: Readonly<Record<string, number>> = {
  BOOLEAN: 1 / 8,
  INT32: 4,
  INT64: 8,
  INT96: 12,
  FLOAT: 4,
  DOUBLE: 8,
  BYTE_ARRAY: 4,
}
const MOST_BITS = { index: 32, delta: 64 }
/** Values of a block, and how its parts are sized: writers have 128 of 32. */
const DELTA = { most: 2 ** 16, step: 8 }
/** A packed run is of eight values each, and may end behind the last one. */
const PACKED = 8

/** Bytes that are read one after the other; reading beyond them throws RangeError. */
class Walk {
  readonly view: DataView
  at: number

  constructor(view: DataView, at: number) {
    this.view = view
    this.at = at
  }

  byte(): number {
    return this.view.getUint8(this.at++)
  }

  varint(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = this.byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    throw new RangeError('a number without end')
  }

  pass(bytes: number): void {
    if (this.at + bytes > this.view.byteLength) throw new RangeError('a page that ends early')
    this.at += bytes
  }
}

/**
 * Walks over `count` values of runs, repeated or packed in `bits` each, from `at` on; how many of them are 1, where they
 * are of one bit. Throws RangeError where a run has more values than are left, or its bytes are not there.
 */
export function walkRuns(view: DataView, at: number, bits: number, count: number): number {
  if (bits > MOST_BITS.index) throw new RangeError(`values of ${bits} bits`)
  const walk = new Walk(view, at)
  let ones = 0
  for (let seen = 0; seen < count; ) {
    const head = walk.varint()
    if (head % 2 === 1) {
      const values = ((head - 1) / 2) * PACKED
      if (values === 0 || values >= count - seen + PACKED)
        throw new RangeError(`a run of ${values} values, where ${count - seen} are left`)
      const from = walk.at
      walk.pass((values / PACKED) * bits)
      if (bits === 1)
        for (let i = 0; i < Math.min(values, count - seen); i++) ones += (view.getUint8(from + (i >> 3)) >> (i & 7)) & 1
      seen += values
    } else {
      const values = head / 2
      if (values === 0 || values > count - seen)
        throw new RangeError(`a run of ${values} values, where ${count - seen} are left`)
      const value = bits > 0 ? view.getUint8(walk.at) : 0
      walk.pass(Math.ceil(bits / PACKED))
      if (bits === 1) ones += value & 1 ? values : 0
      seen += values
    }
  }
  return ones
}

/** Throws RangeError where the sizes of differences packed in blocks are none, or their bytes are not there. */
function walkDeltas(view: DataView, at: number, count: number): number {
  const walk = new Walk(view, at)
  const block = walk.varint()
  const parts = walk.varint()
  const each = block / parts
  if (!(block <= DELTA.most && parts >= 1 && Number.isInteger(each / DELTA.step)))
    throw new RangeError(`blocks of ${block} values`)
  walk.varint()
  walk.varint()
  for (let seen = 1; seen < count; ) {
    walk.varint()
    const widths = walk.at
    walk.pass(parts)
    for (let i = 0; i < parts && seen < count; i++, seen += each) {
      const bits = view.getUint8(widths + i)
      if (bits > MOST_BITS.delta) throw new RangeError(`differences of ${bits} bits`)
      // The last part need not be whole.
      const used = Math.min(each, count - seen)
      walk.pass(Math.min((each * bits) / 8, Math.max(Math.ceil((used * bits) / 8), view.byteLength - walk.at)))
    }
  }
  return walk.at
}

/**
 * Holds the values of a page, from `at` on, to its bytes: a reader makes room for `count` of them and goes through runs and
 * blocks as long as they say. Throws RangeError where they do not fit.
 */
export function checkValues(view: DataView, at: number, encoding: number, element: SchemaElement, count: number): void {
  const kind = ENCODINGS[encoding]
  const width = element.type === 'FIXED_LEN_BYTE_ARRAY' ? (element.type_length ?? 0) : WIDTHS[element.type ?? '']
  if (kind === undefined || !(width > 0)) throw new RangeError(`values of encoding ${encoding}`)
  if (count === 0) return
  if (kind === 'plain' || kind === 'split') {
    if (width * count > view.byteLength - at) throw new RangeError(`${count} values in ${view.byteLength - at} bytes`)
  } else if (kind === 'delta') walkDeltas(view, at, count)
  else if (kind === 'texts') {
    const end = walkDeltas(view, at, count)
    if (encoding === 7) walkDeltas(view, end, count)
  } else if (element.type === 'BOOLEAN') walkRuns(view, at + 4, 1, count)
  else {
    const bits = view.getUint8(at)
    if (bits > 0) walkRuns(view, at + 1, bits, count)
  }
}

/** A count of the metadata, which a reader takes as it is there, or not. Throws RangeError where it is none. */
export function naturalOf(value: unknown, what: string): number {
  const number = Number(value)
  if ((typeof value === 'bigint' || typeof value === 'number') && number >= 0) return number
  throw new RangeError(`metadata without the ${what}`)
}
