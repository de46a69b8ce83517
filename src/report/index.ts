/**
 * Pictures of flows and training runs as self-contained SVG. An entry of its own ('pushforward/report'): the chart
 * library behind it is loaded by those who draw, and by nobody else.
 * @module pushforward/report
 */
export type { TickMaker } from './axis-ticks.js'
export type { ColumnAxis } from './column-axis.js'
export { type CurvesOptions, curvesPicture, type DensityCurve } from './curves-picture.js'
export { type DensityOptions, densityPicture } from './density-picture.js'
export { film } from './film.js'
export type { HeldOut } from './held-out.js'
export type { Interval } from './interval.js'
export { dataToNoisePicture, noiseToDataPicture } from './layers-picture.js'
export { leakyReluPicture } from './leaky-relu-picture.js'
export { type LossOptions, lossPicture } from './loss-picture.js'
export { type ColumnsOptions, marginalsPicture } from './marginals-picture.js'
export { pairsPicture } from './pairs-picture.js'
export { type SamplesOptions, samplesPicture } from './samples-picture.js'
export type { Ticks } from './ticks.js'
export { type Pictures, type PlotOptions, picturesOf, type WritePlotsOptions, writePlots } from './write-plots.js'
