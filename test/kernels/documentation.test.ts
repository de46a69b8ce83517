import { expect, it } from 'vitest'
import { operations } from '#kernels/program.js'
import { kernelTable } from './kernel-table.js'

it('docs/kernels.md is what the declarations say (after a change of them: this file with -u)', async () => {
  await expect(kernelTable()).toMatchFileSnapshot('../../docs/kernels.md')
})

it('every operation says what it computes, and counts are what its arrays are long', () => {
  for (const { id, formula, counts, operands } of operations) {
    expect(formula, id).not.toBe('')
    const sizes = Object.values(operands).flatMap(({ shape }) => shape)
    for (const count of counts) expect(sizes, id).toContain(count)
  }
})
