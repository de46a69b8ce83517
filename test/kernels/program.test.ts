import { describe, expect, it } from 'vitest'
import { type RecordableName, record, recordableNames } from '#kernels/recording.js'
import type { Case } from './case.js'
import { Stage } from './stage.js'
import { table } from './table.js'

const isRecordable = (name: string): name is RecordableName => (recordableNames as readonly string[]).includes(name)

/** Where the gradient begins, as far as a recording knows: before every array that a kernel adds to. */
const GRADIENT = 16
const PROGRAM_WORDS = 64

/** The same case by way of a recording: behind another call, as in a pass. */
function recorded(given: Case): Case {
  return {
    ...given,
    arrays: (...size) => ({ ...given.arrays(...size), program: new Int32Array(PROGRAM_WORDS) }),
    run(kernels, at, ...size) {
      const { i32 } = kernels.heap
      const words = record(GRADIENT, (recorder) => {
        recorder.copy(0, at.program, at.program)
        given.run(recorder, at, ...size)
      })
      i32.set(words, at.program)
      kernels.run(at.program, at.program + words.length, GRADIENT)
      i32.fill(0, at.program, at.program + PROGRAM_WORDS)
    },
  }
}

describe.each(['simd', 'portable'] as const)('%s kernels give the same bits when their calls are recorded', (kind) => {
  const stage = new Stage(kind)
  for (const given of table.filter(({ kernel }) => isRecordable(kernel))) {
    it(`${given.kernel}${given.variant ? `, ${given.variant}` : ''}`, () => {
      for (const size of given.sizes.slice(-3)) {
        const arrays = given.arrays(...size)
        const direct = stage.run(given, size, arrays, 'aligned')
        const replayed = recorded(given)
        expect(stage.run(replayed, size, replayed.arrays(...size), 'aligned')).toEqual(direct)
      }
    })
  }
})

it('every recordable kernel is in the table', () => {
  const tried = new Set(table.map(({ kernel }) => kernel))
  expect(recordableNames.filter((name) => !tried.has(name))).toEqual([])
})

it('a recording counts what it adds to from where the gradient begins', () => {
  const words = (gradient: number) =>
    record(gradient, (kernels) => kernels.denseWeightGradient(1, 2, 3, 4, 5, 100, 6, -1, 7))
  expect([...words(0)].map((word, i) => word - words(90)[i])).toEqual([0, 0, 0, 0, 0, 0, 90, 0, 0, 0])
})
