import { affineCoupling, alternatingMask, flow, leakyReLU } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { film, filmOf } from '#report/film.js'
import { type Element, expectSound, parse } from './svg.js'

function model(couplings: number) {
  const pairs = Array.from({ length: couplings }, (_, i) => [
    leakyReLU(),
    affineCoupling({ mask: alternatingMask(2, i), hidden: [4] }),
  ])
  return flow(2, pairs.flat(), { seed: 1 })
}

const svg = film(model(3))
const elements = parse(svg)
const animations = elements.filter(({ name }) => name === 'animate')
const list = ({ attributes }: Element, name: string) => attributes[name].split(';')

describe('the film', () => {
  test('is sound, loops for ever and runs without script', () => {
    expectSound(svg, { bytes: 1_500_000 })
    expect(animations.length).toBeGreaterThan(10)
    for (const { attributes } of animations) {
      expect(attributes.repeatCount).toBe('indefinite')
      expect(attributes.dur).toBe(animations[0].attributes.dur)
    }
  })

  test('every animation has as many key times as values, rising from 0, and a spline between two', () => {
    for (const animation of animations.filter(({ attributes }) => attributes.keyTimes !== undefined)) {
      const times = list(animation, 'keyTimes').map(Number)
      expect(times).toHaveLength(list(animation, 'values').length)
      expect(times[0]).toBe(0)
      expect(times.every((time, i) => i === 0 || time > times[i - 1])).toBe(true)
      if (animation.attributes.calcMode !== 'spline') continue
      expect(times.at(-1)).toBe(1)
      expect(list(animation, 'keySplines')).toHaveLength(times.length - 1)
    }
  })

  test('every shape of a path has the same commands, or it could not be morphed', () => {
    const morphs = animations.filter(({ attributes }) => attributes.attributeName === 'd')
    expect(morphs.length).toBeGreaterThan(8)
    for (const animation of morphs) {
      const commands = list(animation, 'values').map((shape) => shape.replace(/[-\d.,]+/g, ' '))
      expect(new Set(commands).size).toBe(1)
    }
  })

  test('one name at a time: each from when the one before ends, in order of the layers', () => {
    const captions = elements.filter(({ name, attributes }) => name === 'text' && attributes.class === 'moving')
    expect(captions.map(({ text }) => text)).toEqual([
      'random sample',
      '6 · out of Scale and Shift',
      '5 · out of Leaky ReLU',
      '4 · out of Scale and Shift',
      '3 · out of Leaky ReLU',
      '2 · out of Scale and Shift',
      '1 · out of Leaky ReLU',
    ])
    const shown = animations
      .filter(({ attributes }) => attributes.attributeName === 'visibility')
      .map((animation) => {
        const values = list(animation, 'values')
        const times = list(animation, 'keyTimes').map(Number)
        const at = values.indexOf('visible')
        return [times[at], times[at + 1] ?? 1]
      })
    expect(shown[0][0]).toBe(0)
    expect(shown.at(-1)?.[1]).toBe(1)
    for (let i = 1; i < shown.length; i++) expect(shown[i][0]).toBe(shown[i - 1][1])
  })

  test('stands still on the last frame for whoever prefers reduced motion', () => {
    const [style] = elements.filter(({ name }) => name === 'style')
    expect(style.text).toContain('@media (prefers-reduced-motion:reduce)')
    // An animated display would win over the style, and two names would lie over each other.
    expect(animations.some(({ attributes }) => attributes.attributeName === 'display')).toBe(false)
    const dots = (kind: string) =>
      elements
        .filter(({ name, attributes }) => name === 'path' && attributes.class === kind && attributes.d.includes('h0M'))
        .map(({ attributes }) => attributes.d)
    const last = animations
      .filter(({ attributes }) => attributes.attributeName === 'd' && attributes.values.includes('h0M'))
      .map((animation) => list(animation, 'values').at(-1))
    expect(dots('still')).toEqual(last)
  })

  test('100 layers stay under 1.5 MB and 50 s', () => {
    const long = film(model(50))
    expect(long.length).toBeLessThan(1_500_000)
    const [animation] = parse(long).filter(({ name }) => name === 'animate')
    expect(Number.parseFloat(animation.attributes.dur)).toBeLessThan(50)
  })

  test('points at infinity, and names of any kind, do no harm', () => {
    const cloud = (name: string, value: number) => ({
      name,
      x: Float64Array.of(0, value, 1),
      y: Float64Array.of(1, value, 0),
    })
    expectSound(filmOf([cloud('a', 0), cloud('<&">', Number.POSITIVE_INFINITY), cloud('b', Number.NaN)], 2))
  })
})
