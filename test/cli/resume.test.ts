import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { moons } from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isLocked, lockFolder } from '#cli/run-lock.js'
import { type Kill, outcome, trainWithKills } from './killed-runs.js'
import { MAIN, pushforward } from './run.js'

let folder: string
const at = (...parts: string[]) => join(folder, ...parts)
const json = async (...parts: string[]) => JSON.parse(await readFile(at(...parts), 'utf8'))

/** More steps than a process takes before it is killed. */
const LONG =
  'moons --flow nsf --layers 2 --hidden 8 --batch 64 --steps 1000000 --validation 0.2 --patience off --checkpoint 0.05'

/** A run that is killed once it has two checkpoints. */
async function killed(name: string): Promise<void> {
  const child = spawn(process.execPath, [MAIN, 'train', ...LONG.split(' '), '--threads', '1', '--out', at(name)])
  while ((await readdir(at(name, 'checkpoints')).catch(() => [])).filter((file) => !file.startsWith('.')).length < 2) {
    await sleep(20)
  }
  await new Promise((resolve) => child.on('close', resolve).kill('SIGKILL'))
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-resume-'))
  const { data } = moons(600, { seed: 1 })
  const rows = Array.from({ length: 600 }, (_, i) => `${data[2 * i]},${data[2 * i + 1]},${1 + (i % 3)}`)
  await writeFile(at('points.csv'), `x,y,w\n${rows.join('\n')}\n`)
  await killed('killed')
})
afterAll(() => rm(folder, { recursive: true }))

describe('runs that are killed and gone on with come to the model, the losses and the samples of one that is not', () => {
  const MOMENTS: Kill[] = [300, 500, 40].map((milliseconds) => ({ after: 'training', milliseconds }))
  const CASES = {
    'minibatches, running average, noise and weights':
      'points.csv --columns x,y --weights w --flow nsf --layers 2 --hidden 8 --batch 64 --steps 8000 --validation 0.2 --test 0.1 --set average=0.99,noise=0.02,schedule=warmUp',
    'three flows, on plateaus':
      'points.csv --columns x,y --flow realNVP --layers 2 --hidden 8 --batch 128 --steps 2500 --ensemble 3 --set schedule=reduceOnPlateau',
    'the best of two starts':
      'points.csv --columns x,y --flow realNVP --layers 2 --hidden 8 --batch 128 --steps 6000 --starts 2 --set schedule=cosine',
  }
  test.each(Object.entries(CASES))(
    '%s',
    async (name, options) => {
      const args = options.replace('points.csv', at('points.csv')).split(' ')
      args.push('--checkpoint', '0.05', '--plots', 'off', '--seed', '7')
      const [whole, broken] = [at(`${name}-whole`), at(`${name}-broken`)]
      expect((await pushforward(['train', ...args, '--threads', '2', '--out', whole])).stderr).toContain('Saved in')
      const { kills } = await trainWithKills(args, broken, MOMENTS, (i) => [2, 1, 0, 3][i])
      expect(kills).toBeGreaterThan(0)
      expect(await outcome(broken)).toEqual(await outcome(whole))
      expect((await readdir(broken)).sort()).toEqual((await readdir(whole)).sort())
      expect(await json(`${name}-broken`, 'run.json')).toMatchObject({ status: 'finished', resumed: expect.any(Array) })
    },
    60_000,
  )
})

describe('a run that was killed', () => {
  test('has its losses in metrics.jsonl, and they are the first ones of the run when it has gone on', async () => {
    const lines = async (run: string) =>
      (await readFile(at(run, 'metrics.jsonl'), 'utf8'))
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    await cp(at('killed'), at('losses'), { recursive: true })
    const before = await lines('losses')
    // A line of 100 of the million steps, a validation each.
    expect(before.slice(0, 2)).toMatchObject([{ step: 0, validation: expect.any(Number) }, { step: 100 }])
    expect(before.length).toBeGreaterThan(10)
    // A kill in the middle of a line, and losses of steps that no checkpoint has.
    await writeFile(at('losses', 'metrics.jsonl'), '{"step":0,"loss":7}\n{"step":900000,"loss":7}\n{"step":9001')
    let during: unknown[] = []
    await pushforward(['train', '--resume', at('losses')], {
      onStart: (child) =>
        child.stderr?.on('data', async (text) => {
          if (!String(text).includes('Going on')) return
          while (during.length <= before.length) {
            await sleep(20)
            during = await lines('losses').catch(() => [])
          }
          child.kill('SIGKILL')
        }),
    })
    expect(during.slice(0, before.length)).toEqual(before)
    const trained = during.map((line) => (line as { step: number }).step).filter((step) => step % 100 === 0)
    expect(trained).toEqual(trained.map((_, i) => 100 * i))
  })

  test('is told from one at work, by show and by --resume, and has two checkpoints', async () => {
    expect((await json('killed', 'run.json')).status).toBe('running')
    const whole = (await readdir(at('killed', 'checkpoints'))).filter((name) => !name.startsWith('.'))
    expect(whole).toHaveLength(2)
    const { code, stderr } = await pushforward(['show', at('killed')])
    expect([code, stderr]).toEqual([
      2,
      `pushforward: ${at('killed')} has no model: its run was killed. pushforward train --resume ${at('killed')} goes on with it.\n`,
    ])
    const message: string[] = []
    const { code: interrupted } = await pushforward(['train', '--resume', at('killed')], {
      onStart: (child) =>
        child.stderr?.on('data', async (text) => {
          if (!String(text).includes('Going on')) return
          for (const command of [['show'], ['train', '--resume']]) {
            message.push((await pushforward([...command, at('killed')])).stderr)
          }
          child.kill('SIGHUP')
        }),
    })
    expect(interrupted).toBe(130)
    expect(message).toEqual([
      expect.stringMatching(/has no model yet: its run is at work/),
      expect.stringMatching(/another process is training in it/),
    ])
    const { status, resumed } = await json('killed', 'run.json')
    expect([status, resumed.length]).toEqual(['interrupted', 1])
    expect((await pushforward(['show', at('killed')])).stdout).toMatch(/interrupted, \d+ steps in/)
  })

  test('goes on from the checkpoint before where the last one is damaged, and not at all where both are', async () => {
    await cp(at('killed'), at('damaged'), { recursive: true })
    const numbers = (await readdir(at('damaged', 'checkpoints'))).map((name) => Number.parseInt(name, 10))
    const damage = (number: number) => writeFile(at('damaged', 'checkpoints', `${number}.safetensors`), 'nothing')
    await damage(Math.max(...numbers))
    const { stderr } = await pushforward(['train', '--resume', at('damaged')], {
      onStart: (child) =>
        child.stderr?.on('data', (text) => String(text).includes('Going on') && child.kill('SIGTERM')),
    })
    expect(stderr).toMatch(
      /^Warning: .*\d\.safetensors: Not a valid safetensors file: [^\n]*\n[\s\S]*Going on from step \d+/,
    )
    for (const name of await readdir(at('damaged', 'checkpoints'))) await damage(Number.parseInt(name, 10))
    const { code, stderr: refused } = await pushforward(['train', '--resume', at('damaged')])
    expect([code, refused]).toEqual([2, expect.stringContaining('can be read; remove the folder to train from the')])
  })

  test('is left as it was where its rows are others now', async () => {
    const args = [
      'train',
      at('changed.csv'),
      '--flow',
      'realNVP',
      '--steps',
      '50',
      '--checkpoint',
      'off',
      '--out',
      at('rows'),
    ]
    await writeFile(at('changed.csv'), 'x,y\n1,2\n3,1\n5,4\n2,2\n')
    expect((await pushforward([...args, '--validation', '0'])).code).toBe(0)
    const record = { ...(await json('rows', 'run.json')), status: 'running' }
    await writeFile(at('rows', 'run.json'), JSON.stringify(record))
    await writeFile(at('changed.csv'), 'x,y\n1,2\n3,1\n5,4\n2,3\n')
    const { code, stderr } = await pushforward(['train', '--resume', at('rows')])
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/changed is not what the run was begun on: its rows have/),
    ])
    expect(await json('rows', 'run.json')).toEqual(record)
    await writeFile(at('rows', 'run.json'), JSON.stringify({ ...record, status: 'finished' }))
    expect((await pushforward(['train', '--resume', at('rows')])).stderr).toContain('that run is finished. --from ')
  })
})

test('where no checkpoint can be written, a warning says so, and training goes on', async () => {
  const args = 'moons --flow realNVP --batch 64 --steps 8000 --validation 0.1 --checkpoint 0.05 --plots off'
  const { code, stderr } = await pushforward(['train', ...args.split(' '), '--out', at('blocked')], {
    onStart: (child) => child.stderr?.once('data', () => writeFile(at('blocked', 'checkpoints'), '')),
  })
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/Warning: A checkpoint cannot be written in .*ENOTDIR.*; training/),
  ])
  expect(await json('blocked', 'run.json')).toMatchObject({ status: 'finished', training: { steps: 8000 } })
})

test('--resume takes a run, and what changes nothing beside it', async () => {
  const refusal = async (...args: string[]) => (await pushforward(['train', ...args])).stderr
  expect(await refusal('--resume', at('nowhere'))).toContain('nowhere is no run: expected a folder with a config.json')
  expect(await refusal('--resume', at('killed'), '--seed', '2')).toMatch(
    /--resume goes on with what the run was begun with; leave out --seed, or start anew with --config .*config\.json\./,
  )
  expect(await refusal('moons', '--resume', at('killed'))).toContain('leave out moons')
  expect(await refusal('moons', '--checkpoint', 'often')).toContain('--checkpoint is "often"; expected a time such as')
})

test('two processes cannot train into one folder', async () => {
  await mkdir(at('shared'))
  expect([await isLocked(at('shared')), await lockFolder(at('shared'))]).toEqual([false, true])
  await symlink(at('shared'), at('alias'))
  for (const name of ['shared', 'alias']) {
    const { code, stderr } = await pushforward(['train', 'moons', '--out', at(name)])
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`${name} cannot be used: another process is training in it.`),
    ])
  }
  expect(await readdir(at('shared'))).toEqual([])
})
