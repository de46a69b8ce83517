/**
 * How a batch is cut and how its parts are added, from rows and model alone, so that the bits of a sum do not know
 * how many ranks there were: tiles of fixed size, shards of consecutive tiles summed in order, and a balanced binary
 * tree over the shard index.
 */
export interface Shards {
  readonly rows: number
  readonly tileRows: number
  readonly tilesPerShard: number
  /** Number of shards. */
  readonly count: number
}

/** The rows that tiles may have, of few rows and at most; powers of two. */
export interface Tiles {
  readonly tileRows: number
  readonly mostTileRows: number
}

/**
 * Each shard sets its gradient to 0 and adds it to another: of a wide net as many numbers as a tile takes a thirtieth of
 * its time for. So where there are many tiles, four share that; where there are few, threads need them one by one.
 */
const FEW_TILES = 64
const SHARED = 4
/** Enough for as many threads as the library allows. */
const MAX_SHARDS = 256

/** Tiles that a batch is cut into, at least, where they are larger than of few rows: enough for many threads. */
const LEAST_TILES = 32

/** Rows of a tile for a batch of `rows`. */
export function batchTileRows(rows: number, { tileRows, mostTileRows }: Tiles): number {
  let size = tileRows
  while (size < mostTileRows && rows >= LEAST_TILES * 2 * size) size *= 2
  return size
}

export function cutIntoShards(rows: number, tileRows: number): Shards {
  const tiles = Math.ceil(rows / tileRows)
  const tilesPerShard = Math.max(Math.min(SHARED, Math.ceil(tiles / FEW_TILES)), Math.ceil(tiles / MAX_SHARDS))
  return { rows, tileRows, tilesPerShard, count: Math.ceil(tiles / tilesPerShard) }
}

/** Rows [first, end) of a shard. */
export function shardRows({ rows, tileRows, tilesPerShard }: Shards, shard: number): { first: number; end: number } {
  const size = tileRows * tilesPerShard
  return { first: shard * size, end: Math.min(rows, (shard + 1) * size) }
}

/** The contiguous run [first, end) of `count` things that falls to a rank. */
export function runOf(count: number, rank: number, size: number): { first: number; end: number } {
  return { first: Math.floor((rank * count) / size), end: Math.floor(((rank + 1) * count) / size) }
}

/** Node of the tree over `count` shards: level l, covering shards [first, min(count, first + 2ˡ)). */
export interface Subtree {
  readonly level: number
  readonly first: number
}

/** Levels above the leaves: the smallest h with 2ʰ ≥ count. */
function height(count: number): number {
  return 32 - Math.clz32(count - 1)
}

/** The tree cut at the lowest level that leaves at most `most` subtrees, in shard order. */
export function cutTree(count: number, most: number): Subtree[] {
  let level = 0
  while (Math.ceil(count / 2 ** level) > Math.max(1, most)) level++
  return Array.from({ length: Math.ceil(count / 2 ** level) }, (_, i) => ({ level, first: i * 2 ** level }))
}

/** One instruction of a reduction: compute a shard into a buffer, or add one buffer to another. */
export type Instruction =
  | { readonly shard: number; readonly into: number }
  | { readonly add: number; readonly to: number }

/**
 * The additions of one subtree in tree order: its sum ends in buffer `into`; right halves of level l pass through
 * buffer `spare + l`.
 */
export function subtreeProgram(count: number, { level, first }: Subtree, into: number, spare: number): Instruction[] {
  if (level === 0) return [{ shard: first, into }]
  const middle = first + 2 ** (level - 1)
  const left = subtreeProgram(count, { level: level - 1, first }, into, spare)
  if (middle >= count) return left
  const right = spare + level - 1
  return [
    ...left,
    ...subtreeProgram(count, { level: level - 1, first: middle }, right, spare),
    { add: right, to: into },
  ]
}

/** The additions that join subtrees, given in shard order as slots 0, 1, …; the sum ends in slot 0. */
export function joinProgram(count: number, slots: readonly Subtree[]): { add: number; to: number }[] {
  const program: { add: number; to: number }[] = []
  function join(level: number, first: number): number {
    const slot = slots.findIndex((subtree) => subtree.first === first && subtree.level === level)
    if (slot >= 0) return slot
    const left = join(level - 1, first)
    const middle = first + 2 ** (level - 1)
    if (middle < count) program.push({ add: join(level - 1, middle), to: left })
    return left
  }
  join(height(count), 0)
  return program
}

/** Σ values[from … from + count) along the same tree. */
export function treeSum(values: Float64Array, from: number, count: number): number {
  if (count === 1) return values[from]
  const half = 2 ** (height(count) - 1)
  return treeSum(values, from, half) + treeSum(values, from + half, count - half)
}
