import { UsageError } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { trainOptions } from '#cli/train-options.js'

/** "a=1 b=2" as option texts. */
const said = (line: string) => Object.fromEntries(line.split(' ').map((part) => part.split('=')))

describe('trainOptions', () => {
  test.each([
    ['from=old flow=nsf', /--flow cannot be with --from: the model says what its layers are. Leave it out/],
    ['from=old hidden=4', /--hidden cannot be with --from: the model says what its layers are/],
    ['from=old preprocess=none', /--preprocess cannot be with --from: the model says what columns pass before it/],
    ['from=old given=x', /--given cannot be with --from: the model says which columns the others are given/],
    ['from=old ensemble=2', /--ensemble cannot be with --from: the model says how many flows it is of/],
    ['from=old starts=2', /--starts cannot be with --from: the model says what weights to start from/],
    ['from=old steps=3 budget=3', /--budget and --steps both say how long to train/],
    ['frozen=0', /--frozen names layers, but none are chosen yet; give --flow or --from beside it/],
    ['flow=nsf frozen=3-1', /--frozen has "3-1"; expected layers by their numbers from 0, base or embedding/],
    ['flow=nsf frozen=bass', /--frozen has "bass"/],
    ['flow=nsf frozen=1,,2', /--frozen has ""/],
    ['flow=nsf frozen=0-99999999', /--frozen has "0-99999999"/],
    ['starts=0', /--starts is "0"; expected an integer from 1 to 64/],
    ['starts=2 ensemble=2', /--ensemble averages flows of several starts, --starts picks one of them/],
    ['starts=2 validation=0', /--starts chooses by rows held out; give a --validation above 0/],
  ])('refuses %s', (line, message) => {
    expect(() => trainOptions(said(line), 'points.csv')).toThrow(message)
    expect(() => trainOptions(said(line), 'points.csv')).toThrow(UsageError)
  })

  test('needs rows to train a model on', () => {
    expect(() => trainOptions({ from: 'old' }, undefined)).toThrow(/say on what rows: train DATA --from MODEL/)
  })

  test('reads stretches of layers, the base and the embedding', () => {
    const { fit } = trainOptions({ flow: 'nsf', frozen: '7, 0,2-4,base,embedding' }, 'points.csv')
    expect(fit.frozen).toEqual([7, 0, 2, 3, 4, 'base', 'embedding'])
  })
})
