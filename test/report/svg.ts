import { parseXml, XmlElement } from '@rgrove/parse-xml'
import { expect } from 'vitest'

/** An element of a picture with its attributes. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** Its own and its descendants' text. */
  readonly text: string
}

/** A picture as a strict XML parser reads it: all its elements in document order. */
export function parse(svg: string): Element[] {
  const { root } = parseXml(svg)
  if (root === null) throw new Error('The picture has no element.')
  return collect(root)
}

function collect(element: XmlElement): Element[] {
  const { name, attributes, text, children } = element
  return [
    { name, attributes, text },
    ...children.flatMap((child) => (child instanceof XmlElement ? collect(child) : [])),
  ]
}

/** Every text of a picture, in document order. */
export function texts(svg: string): string[] {
  return parse(svg)
    .filter(({ name }) => name === 'text')
    .map(({ text }) => text)
}

/** Points of all dots: paths of zero-length strokes. */
export function dotCount(svg: string): number {
  return parse(svg)
    .filter(({ name }) => name === 'path')
    .reduce((sum, { attributes }) => sum + (attributes.d?.match(/h0/g)?.length ?? 0), 0)
}

/** Holds a picture to what every one owes: strict XML, one size, white paper, fonts, finite numbers, nothing fetched. */
export function expectSound(svg: string, { bytes = 400_000 } = {}): void {
  const elements = parse(svg)
  const [{ name, attributes }] = elements
  expect(name).toBe('svg')
  expect(Number(attributes.width)).toBeGreaterThan(100)
  expect(attributes.viewBox).toBe(`0 0 ${attributes.width} ${attributes.height}`)
  expect(attributes['font-family']).toMatch(/sans-serif$/)
  expect(
    elements.some(
      (e) => e.name === 'rect' && e.attributes.width === attributes.width && e.attributes.fill === '#ffffff',
    ),
  ).toBe(true)
  for (const element of elements) {
    expect(element.name).not.toBe('script')
    for (const [attribute, value] of Object.entries(element.attributes)) {
      if (attribute === 'aria-label') continue
      const where = `<${element.name} ${attribute}="${value.slice(0, 80)}">`
      // A data URI is text in an alphabet that may spell anything.
      if (value.startsWith('data:image/png;base64,')) continue
      expect(/NaN|undefined|Infinity|null/.test(value), where).toBe(false)
      expect(/https?:|url\((?!#)/.test(value) && attribute !== 'xmlns', where).toBe(false)
    }
  }
  expect(svg.length).toBeLessThan(bytes)
}

/** Every nested panel within the picture, and no two of them over each other. */
export function expectApart(svg: string): void {
  const [whole, ...rest] = parse(svg)
  const boxes = rest
    .filter(({ name }) => name === 'svg')
    .map(({ attributes: { x, y, width, height } }) => [Number(x), Number(y), Number(width), Number(height)])
  for (const [i, [x, y, width, height]] of boxes.entries()) {
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x + width).toBeLessThanOrEqual(Number(whole.attributes.width))
    expect(y + height).toBeLessThanOrEqual(Number(whole.attributes.height))
    for (const [x2, y2, width2, height2] of boxes.slice(i + 1)) {
      const over = x < x2 + width2 && x2 < x + width && y < y2 + height2 && y2 < y + height
      expect(over, `panels at ${x},${y} and ${x2},${y2}`).toBe(false)
    }
  }
}
