import { adamW, type FitOptions, warmUp } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { SETTINGS, settingsOf, withSettings } from '#cli/settings.js'

const fit: FitOptions = {
  steps: 10,
  optimizer: adamW({ learningRate: 1e-3, weightDecay: 0.01 }),
  stopping: { patience: 5 },
}
const set = (text: string) => withSettings(fit, text)

describe('--set', () => {
  test.each<[string, FitOptions]>([
    ['optimizer.learningRate=3e-4', { optimizer: { ...adamW({ weightDecay: 0.01 }), learningRate: 3e-4 } }],
    [
      'optimizer=adam,optimizer.beta2=0.99',
      { optimizer: { type: 'adam', learningRate: 1e-3, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 } },
    ],
    ['stopping.minDelta=0.01', { stopping: { patience: 5, minDelta: 0.01 } }],
    ['stopping.restoreBestWeights=false,stopping.patience=none', { stopping: { restoreBestWeights: false } }],
    ['average=0.99', { average: { type: 'ema', decay: 0.99 } }],
    ['average.decay=0.99', { average: { type: 'ema', decay: 0.99 } }],
    ['noise=0.2,noise.final=0.1', { noise: { type: 'noise', sd: 0.2, final: 0.1 } }],
    ['batch.from=8,batch.to=32', { batch: { type: 'growing', from: 8, to: 32 } }],
    ['clip=2,validationEvery=7', { clip: 2, validationEvery: 7 }],
    [
      'schedule=warmUp,schedule.schedule=cosine,schedule.schedule.final=0.1',
      { schedule: { type: 'warmUp', schedule: { type: 'cosine', final: 0.1 } } as FitOptions['schedule'] },
    ],
  ])('%s', (text, expected) => {
    expect(set(text)).toEqual({ ...fit, ...expected })
  })

  test('another kind of schedule has none of the options of the one before, and none takes it away', () => {
    const before = { ...fit, schedule: warmUp() }
    expect(withSettings(before, 'schedule=stepDecay').schedule).toEqual({ type: 'stepDecay' })
    expect(withSettings(before, 'schedule=none')).not.toHaveProperty('schedule')
  })

  test('leaves the options that it was given as they were', () => {
    set('optimizer.beta1=0.5,stopping.minDelta=1')
    expect(fit.optimizer?.beta1).toBe(0.9)
    expect(fit.stopping).toEqual({ patience: 5 })
  })

  test.each([
    ['optimiser.beta1=0.5', '--set names "optimiser", which is no option of a fit. Did you mean optimizer?'],
    ['speed=1', '--set names "speed", which is no option of a fit. It may name optimizer, schedule, clip,'],
    ['optimizer.betta1=0.5', '"optimizer.betta1", but optimizer has no such option. Did you mean beta1?'],
    ['noise.width=1', '"noise.width", but noise has no such option. It has type, sd, final.'],
    ['clip.norm=1', '"clip.norm", but clip has no such option. It has none.'],
    ['average.decay.x=1', '--set names "average.decay.x"; average.decay has no options.'],
    ['schedule.schedule.fnial=1', '"schedule.fnial", but schedule has no such option. Did you mean final?'],
    ['schedule=cosin', '--set schedule is "cosin"; expected constant, cosine, oneCycle,'],
    ['schedule=cosin', 'Did you mean cosine?'],
    ['optimizer=sgd', '--set optimizer is "sgd"; expected adamW, adam.'],
    ['clip', '--set has "clip"; expected NAME=VALUE, such as optimizer.beta2=0.99.'],
  ])('refuses %s', (text, message) => {
    expect(() => set(text)).toThrow(message)
  })

  test.each(['optimizer=adam', 'stopping.minDelta=0.01,stopping.restoreBestWeights=false', 'schedule=warmUp'])(
    '%s comes back from the config that a run leaves',
    (text) => {
      const said = set(text)
      // As `--config` does: options of their own first, then what config.json has under "set".
      const { learningRate, weightDecay } = said.optimizer ?? adamW()
      const own = { ...fit, optimizer: { ...adamW(), learningRate, weightDecay } }
      expect(withSettings(own, JSON.stringify(settingsOf(said)))).toEqual(said)
    },
  )

  test('may name every option of a value, but for its kind', () => {
    expect(SETTINGS).toEqual(
      expect.arrayContaining(['optimizer', 'optimizer.learningRate', 'noise', 'noise.sd', 'clip']),
    )
    for (const path of SETTINGS)
      expect(() => set(`${path}=${path === 'optimizer' ? 'adam' : path === 'schedule' ? 'cosine' : 1}`)).not.toThrow()
  })
})
