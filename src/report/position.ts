import type { ScaleFunctions } from '@observablehq/plot'

/** From data to px, as a panel's numeric axes do it. */
export function positions(scales: ScaleFunctions): { toX: (value: number) => number; toY: (value: number) => number } {
  const { x, y } = scales
  if (x === undefined || y === undefined) throw new Error('A mark was drawn outside a panel: it has no axes.')
  return { toX: (value) => x(value), toY: (value) => y(value) }
}
