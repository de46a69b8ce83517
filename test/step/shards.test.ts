import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  batchTileRows,
  cutIntoShards,
  cutTree,
  joinProgram,
  runOf,
  shardRows,
  subtreeProgram,
  treeSum,
} from '#step/shards.js'

/** The tree as an expression: what adds to what, in words. */
function expression(first: number, count: number, size: number): string {
  if (size === 1) return String(first)
  const left = expression(first, Math.min(count, size / 2), size / 2)
  return count > size / 2 ? `(${left}+${expression(first + size / 2, count - size / 2, size / 2)})` : left
}

/** What units add up to together, as the same kind of expression. */
function expressionOfUnits(count: number, most: number): string {
  const subtrees = cutTree(count, most)
  const slots = subtrees.map((subtree) => {
    const buffers: string[] = []
    for (const instruction of subtreeProgram(count, subtree, 0, 1)) {
      if ('shard' in instruction) buffers[instruction.into] = String(instruction.shard)
      else buffers[instruction.to] = `(${buffers[instruction.to]}+${buffers[instruction.add]})`
    }
    expect(buffers.length).toBeLessThanOrEqual(1 + subtree.level)
    return buffers[0]
  })
  for (const { add, to } of joinProgram(count, subtrees)) slots[to] = `(${slots[to]}+${slots[add]})`
  return slots[0]
}

describe('the tree of shard sums', () => {
  it('is the same expression however it is cut into units', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 1, max: 300 }), (count, most) => {
        expect(cutTree(count, most).length).toBeLessThanOrEqual(most)
        expect(expressionOfUnits(count, most)).toBe(expression(0, count, 2 ** Math.ceil(Math.log2(count))))
      }),
    )
  })

  it('adds losses along the same tree', () => {
    const values = Float64Array.of(1e16, 1, -1e16, 1, 3)
    expect(treeSum(values, 0, 5)).toBe(1e16 + 1 + (-1e16 + 1) + 3)
    expect(treeSum(values, 3, 1)).toBe(1)
  })

  it('gives every rank a shard where there are as many shards as ranks', () => {
    for (let rank = 0; rank < 5; rank++) expect(runOf(5, rank, 5)).toEqual({ first: rank, end: rank + 1 })
  })
})

describe('cutting a batch', () => {
  it('covers every row once, in at most 256 shards of whole tiles but for the last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (rows) => {
        const shards = cutIntoShards(rows, 64)
        expect(shards.count).toBeLessThanOrEqual(256)
        let next = 0
        for (let shard = 0; shard < shards.count; shard++) {
          const { first, end } = shardRows(shards, shard)
          expect(first).toBe(next)
          expect(end).toBeGreaterThan(first)
          if (shard + 1 < shards.count) expect((end - first) % 64).toBe(0)
          next = end
        }
        expect(next).toBe(rows)
      }),
    )
  })

  it('takes larger tiles where there are 32 of them, up to the most rows', () => {
    const tiles = { tileRows: 128, mostTileRows: 512 }
    const rows = [1, 1024, 8191, 8192, 16_383, 16_384, 1_000_000]
    expect(rows.map((count) => batchTileRows(count, tiles))).toEqual([128, 128, 128, 256, 256, 512, 512])
    expect(batchTileRows(1_000_000, { tileRows: 64, mostTileRows: 64 })).toBe(64)
  })

  it('leaves 64 tiles one by one, and puts up to four into a shard where there are more', () => {
    const shards = (tiles: number) => {
      const { tilesPerShard, count } = cutIntoShards(128 * tiles, 128)
      return [tilesPerShard, count]
    }
    expect([1, 8, 64].map(shards)).toEqual([1, 8, 64].map((tiles) => [1, tiles]))
    expect([65, 128, 200, 256, 1024].map(shards)).toEqual([
      [2, 33],
      [2, 64],
      [4, 50],
      [4, 64],
      [4, 256],
    ])
    expect(shards(8192)).toEqual([32, 256])
  })
})
