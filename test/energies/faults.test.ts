import { spawnSync } from 'node:child_process'
import { encodeFlow, energyModule, fitEnergy, flow, realNVP } from 'pushforward'
import { describe, expect, test } from 'vitest'

const MODULE = new URL('../fixtures/energy.mjs', import.meta.url)
const OPTIONS = { steps: 100_000, batch: 256 }
const make = () => flow(2, realNVP(2, { layers: 2, hidden: [8] }), { seed: 2 })

/** How training fails, and whether the flow is what it was. */
async function failure(name: string, threads: number) {
  const model = make()
  const before = encodeFlow(model)
  const error = await fitEnergy(model, energyModule(MODULE, name), { ...OPTIONS, threads }).catch((error) => error)
  expect(error).toBeInstanceOf(Error)
  expect(encodeFlow(model)).toEqual(before)
  return error.message
}

describe('code of one’s own that fails in the middle of training ends it with one clear error, the flow as it was,', () => {
  test.each([
    [0, /^null was thrown, which is no error and says nothing of the cause\.$/],
    [2, /^Thread \d of 2 failed: null was thrown, which is no error and says nothing of the cause\.$/],
  ])('where it throws null (%i threads)', async (threads, message) => {
    expect(await failure('throwingNull', threads)).toMatch(message)
  })

  test('where it ends its thread; and other threads train on', async () => {
    expect(await failure('exiting', 2)).toMatch(/^Thread \d of 2 failed: worker exited with code: 3/)
    const { steps } = await fitEnergy(make(), energyModule(MODULE, 'ring'), { ...OPTIONS, steps: 20, threads: 2 })
    expect(steps).toBe(20)
  })

  test('where it takes all the memory that its thread may have; and other threads train on', () => {
    const script = `
      import { energyModule, fitEnergy, flow, realNVP } from 'pushforward'
      const model = flow(2, realNVP(2, { layers: 2, hidden: [8] }))
      const before = model.parameters.slice()
      const train = (name, steps) => fitEnergy(model, energyModule(${JSON.stringify(MODULE.href)}, name), { steps, threads: 2 })
      const error = await train('greedy', 100000).catch((error) => error)
      console.log(error.message)
      console.log(model.parameters.every((value, i) => value === before[i]), (await train('ring', 20)).steps)`
    const args = ['--max-old-space-size=96', '--input-type=module', '-e', script]
    const { stdout, status } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      cwd: new URL('../..', import.meta.url),
    })
    expect([stdout, status]).toEqual([
      expect.stringMatching(/^Thread \d of 2 failed: Worker terminated due to reaching memory limit[^\n]*\ntrue 20\n$/),
      0,
    ])
  })
})

test('a run whose thread died goes on from its last checkpoint, to the bits of one whose did not', async () => {
  const written: Uint8Array[] = []
  const checkpoint = { every: 0, write: (bytes: Uint8Array) => void written.push(bytes) }
  const sound = energyModule(MODULE, 'mortal')
  const steps = 30_000
  const whole = make()
  await fitEnergy(whole, sound, { ...OPTIONS, batch: 32, steps, threads: 0 })
  const dying = fitEnergy(make(), energyModule(`${MODULE.href}?dies`, 'mortal'), {
    ...{ ...OPTIONS, batch: 32, steps, threads: 1 },
    checkpoint,
  })
  await expect(dying).rejects.toThrow('worker exited')
  expect(written.length).toBeGreaterThan(0)
  const again = make()
  await fitEnergy(again, sound, { ...OPTIONS, batch: 32, steps, threads: 0, resume: written.at(-1) })
  expect(encodeFlow(again)).toEqual(encodeFlow(whole))
})
