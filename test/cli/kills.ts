import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { randomStream } from '#random/stream.js'
import { type Kill, outcome, trainWithKills } from './killed-runs.js'
import { pushforward } from './run.js'

const KILLS = Number(process.env.KILLS ?? 200)
/** One after another, of a run that is then let come to its end. */
const KILLS_OF_A_RUN = 8
/** Of random numbers: none of the library's. */
const PURPOSE = 1000
const MOST_MILLISECONDS = 2000

const ARGS =
  'moons --rows 1000 --flow nsf --layers 2 --hidden 8 --batch 64 --steps 100000 --validation 0.2 --patience off --checkpoint 0.05 --plots off'
const SETTINGS = 'average=0.99,noise=0.02,schedule=reduceOnPlateau,schedule.patience=3,clip=5'

test(`${KILLS} kills at random moments: every run comes to the bytes of one that was not killed`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pushforward-kills-'))
  const args = [...ARGS.split(' '), '--set', SETTINGS]
  const whole = join(folder, 'whole')
  expect((await pushforward(['train', ...args, '--out', whole])).code).toBe(0)
  const expected = await outcome(whole)
  const random = randomStream(Number(process.env.SEED ?? 0), PURPOSE, 0)
  let kills = 0
  for (let run = 0; kills < KILLS; run++) {
    const moments = Array.from(
      { length: KILLS_OF_A_RUN },
      (): Kill => ({
        after: random.integer(4) === 0 ? 'start' : 'training',
        milliseconds: random.integer(MOST_MILLISECONDS),
      }),
    )
    const broken = join(folder, String(run))
    const killed = await trainWithKills(args, broken, moments, () => random.integer(4))
    kills += killed.kills
    expect(await outcome(broken), `run ${run}: ${JSON.stringify(moments)}`).toEqual(expected)
    console.log(`${kills} kills; run ${run} went on from steps ${killed.from.join(', ')}`)
    await rm(broken, { recursive: true })
  }
  await rm(folder, { recursive: true })
})
