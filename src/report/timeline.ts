/** When the clouds of a film come and go, as shares of its length. */
export interface Timeline {
  readonly seconds: number
  /** When the points are at each cloud. */
  readonly reached: readonly number[]
  /** When they leave it. */
  readonly left: readonly number[]
}

/** Seconds a layer takes and the ends are looked at; the layers of a deep flow share `most`. */
const SECONDS = { start: 1.2, layer: 0.9, most: 40, end: 3 }
/** Slow at the clouds themselves, quick between them: the control points of a cubic Bézier. */
const EASE = '0.65 0 0.35 1'

/** Evenly spaced clouds with a rest at the first and the last. */
export function timeline(clouds: number): Timeline {
  const layers = clouds - 1
  const each = Math.min(SECONDS.layer, SECONDS.most / Math.max(1, layers))
  const seconds = Math.round((SECONDS.start + layers * each + SECONDS.end) * 100) / 100
  const at = (layer: number) => (SECONDS.start + layer * each) / seconds
  return {
    seconds,
    reached: Array.from({ length: clouds }, (_, i) => (i === 0 ? 0 : at(i))),
    left: Array.from({ length: clouds }, (_, i) => (i === layers ? 1 : at(i))),
  }
}

/** An endless SMIL animation of an attribute that has one value a cloud. */
export function animate(attribute: string, values: readonly string[], { seconds, reached, left }: Timeline): string {
  const first = { at: 0, value: values[0] }
  const rest = values.slice(1).map((value, i) => ({ at: reached[i + 1], value }))
  const frames = [first, { at: left[0], value: values[0] }, ...rest, { at: 1, value: values[values.length - 1] }]
  // Where one value follows itself the points rest, whatever the spline.
  const splines = frames.slice(1).map(() => EASE)
  return `<animate attributeName="${attribute}" dur="${seconds}s" repeatCount="indefinite" calcMode="spline" keySplines="${splines.join(';')}" ${keyframes(frames)}/>`
}

/** The attributes keyTimes and values. */
export function keyframes(frames: readonly { at: number; value: string }[]): string {
  return `keyTimes="${frames.map(({ at }) => Number(at.toFixed(5))).join(';')}" values="${frames.map(({ value }) => value).join(';')}"`
}
