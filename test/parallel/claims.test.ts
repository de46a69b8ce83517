import { expect, it } from 'vitest'
import { createClaims, endClaims, rowsDone, serveClaims } from '#parallel/claims.js'

it('gives every row once, the last chunk cut short', () => {
  const claims = createClaims(10, 4)
  const taken: number[][] = []
  serveClaims(claims, (first, count) => taken.push([first, count]))
  expect(taken).toEqual([
    [0, 4],
    [4, 4],
    [8, 2],
  ])
  expect(rowsDone(claims)).toBe(10)
  serveClaims(claims, () => expect.unreachable())
})

it('gives one thread what another has not taken', () => {
  const claims = createClaims(12, 4)
  const taken: string[] = []
  serveClaims(claims, (first) => {
    taken.push(`outer ${first}`)
    if (first === 0) serveClaims(claims, (inner) => taken.push(`inner ${inner}`))
  })
  expect(taken).toEqual(['outer 0', 'inner 4', 'inner 8'])
})

it('gives nothing more once it is ended, and counts what was done', () => {
  const claims = createClaims(100, 4)
  const taken: number[] = []
  serveClaims(claims, (first) => {
    taken.push(first)
    if (taken.length === 3) endClaims(claims)
  })
  expect(taken).toEqual([0, 4, 8])
  expect(rowsDone(claims)).toBe(12)
})

it('counts the rows of a last chunk that is done before others', () => {
  const claims = createClaims(10, 4)
  const done: number[] = []
  serveClaims(claims, (first) => {
    if (first === 0) serveClaims(claims, (inner) => done.push(inner, rowsDone(claims)))
  })
  expect(done).toEqual([4, 0, 8, 4])
  expect(rowsDone(claims)).toBe(10)
})
