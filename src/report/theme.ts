/** The fonts a picture asks for; every system has one of them. */
export const FONT = "ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

/** Text sizes in px. */
export const TEXT = { title: 17, subtitle: 12, panel: 12, label: 11 } as const

/**
 * One meaning, one colour, in all pictures: data are dark blue, the model is orange. The two differ in lightness, so
 * that a grey print keeps them apart.
 */
export const COLOUR = {
  paper: '#ffffff',
  ink: '#1f2933',
  muted: '#5b6770',
  faint: '#dfe4e8',
  data: '#173f5f',
  dataFill: '#a9c1d6',
  model: '#e8871e',
  modelDark: '#8a4700',
} as const

/** White to the model's orange, for its density: light enough everywhere for dark points on top. */
export const HEAT = ['#ffffff', '#fff1df', '#fedcb3', '#fcc07d', '#f5a24b', '#e8871e']

/** Viridis without its palest end: lightness rises along it, so it is an order in grey too. */
export const SEQUENCE = [
  '#440154',
  '#472d7b',
  '#3b528b',
  '#2c728e',
  '#21918c',
  '#28ae80',
  '#5ec962',
  '#a5cf1f',
] as const

/** White to the data's blue, for how many of them there are. */
export const BLUES = ['#ffffff', '#dbe7f1', '#a9c1d6', '#6f96b8', '#3d6a91', '#173f5f']

/** Colour number `index` of `count` along the heat ramp, as [red, green, blue] of 0 … 255. */
export function heatColour(index: number, count: number): [number, number, number] {
  return rampColour(HEAT, index, count)
}

/** The same along any ramp of evenly spaced colours. */
export function rampColour(ramp: readonly string[], index: number, count: number): [number, number, number] {
  const at = (index / (count - 1)) * (ramp.length - 1)
  const below = Math.min(Math.floor(at), ramp.length - 2)
  const mix = (c: number) => {
    const channel = (hex: string) => Number.parseInt(hex.slice(1 + 2 * c, 3 + 2 * c), 16)
    return Math.round(channel(ramp[below]) + (at - below) * (channel(ramp[below + 1]) - channel(ramp[below])))
  }
  return [mix(0), mix(1), mix(2)]
}
