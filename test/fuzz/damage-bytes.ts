import { type Draw, oneOf } from './draws.js'

/** Makes something else of a file's bytes. */
export type Damage = (bytes: Buffer, draw: Draw) => Buffer

/** What lengths, offsets and counts are hostile: nothing, one less, the edges of signed and unsigned words. */
const WORDS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff]

/** A place anywhere, and as often as not near an end, where headers and directories lie. */
function place(bytes: Buffer, draw: Draw): number {
  const near = Math.min(bytes.length, 400)
  const at = [draw(bytes.length), draw(near), bytes.length - 1 - draw(near), draw(bytes.length)][draw(4)]
  return Math.max(0, at)
}

const bits: Damage = (bytes, draw) => {
  const copy = Buffer.from(bytes)
  for (let i = draw(4); i >= 0; i--) copy[place(copy, draw)] ^= 1 << draw(8)
  return copy
}

const others: Damage = (bytes, draw) => {
  const copy = Buffer.from(bytes)
  for (let i = draw(3); i >= 0; i--) copy[place(copy, draw)] = oneOf(draw, [0, 0xff, 0x80, 0x22, 0x0a, draw(256)])
  return copy
}

const words: Damage = (bytes, draw) => {
  const copy = Buffer.from(bytes)
  const at = place(copy, draw)
  const word = Buffer.alloc(8, draw(2) === 0 ? 0 : 0xff)
  if (draw(2) === 0) word.writeUInt32LE(oneOf(draw, WORDS))
  else word.writeUInt32BE(oneOf(draw, WORDS))
  word.copy(copy, at, 0, Math.min(oneOf(draw, [2, 4, 8]), copy.length - at))
  return copy
}

const cut: Damage = (bytes, draw) => {
  const at = place(bytes, draw)
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + draw(40))])
}

const inserted: Damage = (bytes, draw) => {
  const at = place(bytes, draw)
  const stretch = bytes.subarray(place(bytes, draw)).subarray(0, oneOf(draw, [1, 4, 8, 64, 1024]))
  return Buffer.concat([bytes.subarray(0, at), stretch, bytes.subarray(at)])
}

const swapped: Damage = (bytes, draw) => {
  const copy = Buffer.from(bytes)
  const length = oneOf(draw, [1, 4, 8, 32])
  bytes.copy(copy, place(bytes, draw), place(bytes, draw), place(bytes, draw) + length)
  return copy
}

const behind: Damage = (bytes, draw) =>
  Buffer.concat([bytes, draw(2) === 0 ? bytes : Buffer.alloc(1 + draw(64), draw(256))])

/** Damage that any file may come to. */
export const ANY_BYTES: readonly Damage[] = [
  bits,
  bits,
  bits,
  others,
  words,
  words,
  words,
  cut,
  inserted,
  swapped,
  behind,
]
