import type { Panel } from './panel.js'

export interface Arrangement {
  readonly width: number
  readonly height: number
  /** All panels, the arrangement's upper left corner at (x, y). */
  place(x: number, y: number): string
}

export interface ArrangeOptions {
  /** Panels in a row; default all. */
  readonly across?: number
  /** Between two panels, in px. */
  readonly gap: number
  /** Of a panel with its axis; default what the widest takes. */
  readonly leastWidth?: number
}

/** Panels in rows, left to right, their plotting areas in line whatever room the axes take. */
export function arrange(
  panels: readonly Panel[],
  { across = panels.length, gap, leastWidth = 0 }: ArrangeOptions,
): Arrangement {
  const left = Math.max(...panels.map((panel) => panel.left))
  const beyond = Math.max(...panels.map((panel) => panel.width - panel.left))
  const width = Math.max(leastWidth, left + beyond) + gap
  const height = Math.max(...panels.map((panel) => panel.height)) + gap
  const inRow = Math.min(across, panels.length)
  return {
    width: inRow * width - gap,
    height: Math.ceil(panels.length / inRow) * height - gap,
    place: (x, y) =>
      panels
        .map((panel, i) => panel.place(x + (i % inRow) * width + left - panel.left, y + Math.floor(i / inRow) * height))
        .join('\n'),
  }
}
