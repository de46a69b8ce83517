import type { ScaleFunctions } from '@observablehq/plot'

/** From data to px, as a panel's numeric axes do it. */
export function positions(scales: ScaleFunctions): { toX: (value: number) => number; toY: (value: number) => number } {
  const { x, y } = scales
  if (x === undefined || y === undefined) throw new Error('A mark was drawn outside a panel: it has no axes.')
  return { toX: (value) => x(value), toY: (value) => y(value) }
}

/** The namespace of the elements that marks make. */
export const SVG = 'http://www.w3.org/2000/svg'

/** A tenth of a px is finer than a screen; shorter numbers make smaller files. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10)
}
