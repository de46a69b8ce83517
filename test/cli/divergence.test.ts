import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pushforward } from './run.js'

let folder: string
const at = (...parts: string[]) => join(folder, ...parts)
const json = async (...parts: string[]) => JSON.parse(await readFile(at(...parts), 'utf8'))
/** A rate at which the first update is too much, and half of which is not. */
const train = (...more: string[]) => [
  ...'train jang --rows 200 --flow tutorial --lr 5 --steps 60 --plots off --threads 0 --out'.split(' '),
  ...more,
]
const RECOVERY = { step: 1, from: 0, learningRate: 2.5 }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-divergence-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a run that diverges and goes on at half the learning rate', () => {
  test('says so on the way, in what it ends with, in run.json and evaluation.json, and to show', async () => {
    const { code, stderr } = await pushforward(train(at('half')))
    expect(code, stderr).toBe(0)
    expect(stderr).toContain(
      '\nThe loss at step 1 is not finite: going back to step 0, and on with half the learning rate, 2.5.\n',
    )
    expect(stderr).toContain(
      '; went back once from a loss that was not finite, to half the learning rate each time, 2.5 at last.',
    )
    expect((await json('half', 'run.json')).training.recoveries).toEqual([RECOVERY])
    const { losses, verdict } = await json('half', 'evaluation.json')
    expect(losses.recoveries).toEqual([RECOVERY])
    expect(verdict).toContain(
      '; its training diverged once and went on at half the learning rate each time, 2.5 at last; ',
    )
    expect((await pushforward(['show', at('half')])).stdout.replaceAll('\n', ' ')).toContain(
      'its training diverged once',
    )
  })

  test('tells a program by an event', async () => {
    const { stdout } = await pushforward([...train(at('json')), '--json'])
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events.filter(({ event }) => event === 'recovered')).toEqual([{ event: 'recovered', ...RECOVERY }])
  })

  test('ends instead where --on-divergence stop says so, which config.json keeps', async () => {
    const { code, stderr } = await pushforward(train(at('stop'), '--on-divergence', 'stop'))
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/\npushforward: The loss at step 1 is [^ ]+; the weights of/),
    ])
    expect((await json('stop', 'config.json'))['on-divergence']).toBe('stop')
    expect((await pushforward(train(at('other'), '--on-divergence', 'wait'))).stderr).toContain(
      '--on-divergence is "wait"; expected halve, stop.',
    )
  })
})

test('what is found to need no training takes no part of what is said of it', async () => {
  const { code, stderr } = await pushforward(
    `train jang --lr 100 --steps 300 --plots off --out ${at('none')}`.split(' '),
  )
  expect(code, stderr).toBe(0)
  expect(stderr).toContain('\n  training: none, for it makes rows that are left out no likelier')
  expect(stderr).toContain('\nNothing needed training: fitted in ')
  const { losses, gaussianGain } = await json('none', 'evaluation.json')
  expect(losses.untrained).toBe(true)
  // A mixture of six normals is better by 1.7 nats.
  expect(gaussianGain.fresh.mean).toBeGreaterThan(1)
}, 120_000)
