import { describe, expect, test } from 'vitest'
import { panel } from '#report/panel.js'
import { textWidth } from '#report/text.js'
import { parse } from './svg.js'

const domain = [0, 12_345_678] as const
const one = panel({
  width: 200,
  height: 100,
  title: 'A title',
  x: { domain, label: 'across' },
  y: { domain, label: 'up' },
  marks: [],
})
const elements = parse(one.place(30, 40))
const [frame] = elements.filter(({ attributes }) => attributes['aria-label'] === 'frame')

describe('panel', () => {
  test('lies where it is placed, its plotting area of the size asked for', () => {
    const [{ attributes }] = elements
    expect([attributes.x, attributes.y]).toEqual(['30.0', '40.0'])
    expect([Number(frame.attributes.x), Number(frame.attributes.y)]).toEqual([one.left, one.top])
    expect(Number(frame.attributes.width)).toBeCloseTo(200, 9)
    expect(Number(frame.attributes.height)).toBeCloseTo(100, 9)
  })

  test('has its title above the plotting area, and room for the widest number beside it', () => {
    const [title] = elements.filter(({ name, text }) => name === 'text' && text === 'A title')
    expect(Number(title.attributes.y)).toBeLessThan(one.top)
    expect(Number(title.attributes.y)).toBeGreaterThanOrEqual(Number(title.attributes['font-size']))
    expect(one.left).toBeGreaterThan(textWidth('12,000,000', 11))
  })

  test('writes numbers below only as many as fit side by side', () => {
    const axis = elements.find(({ attributes }) => attributes['aria-label'] === 'x-axis tick label')
    const numbers = axis?.text.match(/\d{1,3}(,000)*/g) ?? []
    expect(numbers.length).toBeGreaterThanOrEqual(2)
    expect(numbers.length * textWidth('10,000,000', 11)).toBeLessThan(260)
  })

  test('names its axes', () => {
    expect(elements.filter(({ name }) => name === 'text').map(({ text }) => text)).toEqual(
      expect.arrayContaining(['across', 'up']),
    )
  })
})
