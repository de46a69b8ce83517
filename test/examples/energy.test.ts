import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { energyModule, flow, importance, realNVP } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { loadEnergy } from '#energies/energy.js'
import { centralDifferences, relativeError } from '../laws/differences.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
const MODULE = new URL('../../examples/ring-energy.mjs', import.meta.url)

describe('the example of an energy', () => {
  test('has the gradient of differences', async () => {
    const { evaluate } = await loadEnergy(energyModule(MODULE, 'ring'), 2)
    const at = (...x: number[]) => {
      const [values, gradient] = [new Float64Array(1), new Float64Array(2)]
      evaluate(Float64Array.from(x), values, gradient)
      return { value: values[0], gradient }
    }
    for (const [x, y] of [
      [1, 2],
      [-0.3, 0.1],
      [2.5, -1],
    ]) {
      const slopes = [
        centralDifferences(x, (moved) => ({ values: [at(moved, y).value], branch: '' })),
        centralDifferences(y, (moved) => ({ values: [at(x, moved).value], branch: '' })),
      ]
      for (const j of [0, 1]) expect(relativeError(at(x, y).gradient[j], (slopes[j] as number[])[0])).toBeLessThan(1e-8)
    }
    await expect(importance(flow(3, realNVP(3)), energyModule(MODULE, 'ring'))).rejects.toThrow(/of 2 columns/)
  })

  test('finds ln Z and a mean that a sum over a grid has', async () => {
    const { stdout } = await run(process.execPath, ['examples/energy.mjs'], { cwd: root })
    const [, logZ] = /ln Z = (\d\.\d+) ± 0\.00\d/.exec(stdout) as RegExpExecArray
    expect(Math.abs(Number(logZ) - 2.79845)).toBeLessThan(0.01)
    const [, mean] = /mean of y under the energy: (\d\.\d+)/.exec(stdout) as RegExpExecArray
    expect(Math.abs(Number(mean) - 1.00437)).toBeLessThan(0.05)
    expect(stdout).toMatch(/^2 threads took/)
  })
})
