import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Deal, dealLength } from '#step/deal.js'
import { runOf } from '#step/shards.js'

/** Deals among `size` ranks over one memory, as a step begins. */
function deals(units: number, size: number): Deal[] {
  const i32 = new Int32Array(dealLength(size))
  const ranks = Array.from({ length: size }, (_, rank) => new Deal(i32, 0, units, rank, size))
  for (const deal of ranks) deal.reset()
  return ranks
}

describe('a deal', () => {
  const given = [fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 7 })] as const

  it('gives every unit to one rank, whatever the order they ask in, again after a reset', () => {
    fc.assert(
      fc.property(...given, fc.infiniteStream(fc.nat()), (units, size, asks) => {
        const ranks = deals(units, size)
        for (let step = 0; step < 3; step++) {
          const taken: number[] = []
          const asking = [...ranks]
          while (asking.length > 0) {
            const at = (asks.next().value as number) % asking.length
            const unit = asking[at].take()
            if (unit < 0) asking.splice(at, 1)
            else taken.push(unit)
          }
          expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: units }, (_, i) => i))
          for (const deal of ranks) deal.reset()
        }
      }),
    )
  })

  it('leaves every rank the first unit of its run, even where the others take all they can before it begins', () => {
    fc.assert(
      fc.property(...given, (units, size) => {
        const ranks = deals(units, size)
        for (const [rank, deal] of [...ranks.entries()].reverse()) {
          const { first, end } = runOf(units, rank, size)
          if (first < end) expect(deal.take()).toBe(first)
          while (deal.take() >= 0);
        }
      }),
    )
  })

  it('lets a rank without work of its own help', () => {
    const [, second] = deals(6, 2)
    const taken = Array.from({ length: 5 }, () => second.take())
    expect(taken).toEqual([3, 4, 5, 1, 2])
    expect(second.take()).toBe(-1)
  })
})
