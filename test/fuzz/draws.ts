/** Numbers of a case: each call gives the next one, an integer from 0 to below n. */
export type Draw = (n: number) => number

/** The finaliser of MurmurHash3, 32 bits. */
function mixed(word: number): number {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Numbers that depend on the keys and on how many were drawn, so that a case is the same whichever are run before it. */
export function draws(...keys: readonly number[]): Draw {
  const key = keys.reduce((key, word) => mixed((key + Math.imul(word + 1, 0x9e3779b9)) >>> 0), 0)
  let count = 0
  return (n) => Math.floor((mixed((key + Math.imul(++count, 0x9e3779b9)) >>> 0) / 2 ** 32) * n)
}

export const oneOf = <T>(draw: Draw, list: readonly T[]): T => list[draw(list.length)]
