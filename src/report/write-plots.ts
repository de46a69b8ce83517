import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { evenRows as sampledRows } from '../data/row-sample.js'
import { type RowSource, toSource } from '../data/row-source.js'
import { drawnMatrix, type Matrix, type Rows, toMatrix } from '../data/rows.js'
import { columnNames } from '../flow/column-names.js'
import { joined } from '../flow/context.js'
import type { Model } from '../flow/ensemble.js'
import { Flow } from '../flow/flow.js'
import { writeFileWhole } from '../io/write-file.js'
import { pitPicture, qqPicture } from './calibration-pictures.js'
import { axisBins, type ColumnAxis } from './column-axis.js'
import { column, evenRows } from './columns.js'
import { curvesPicture } from './curves-picture.js'
import { densityPicture } from './density-picture.js'
import { film } from './film.js'
import { comparedNoise, type HeldOut } from './held-out.js'
import { dataToNoisePicture, noiseToDataPicture } from './layers-picture.js'
import { leakyReluPicture } from './leaky-relu-picture.js'
import { type LossOptions, lossPicture } from './loss-picture.js'
import { marginalsPicture, shareText } from './marginals-picture.js'
import { pairsPicture } from './pairs-picture.js'
import { samplesPicture } from './samples-picture.js'
import { type ShownTable, shownTable } from './shown-table.js'

/** A training run as far as pictures need it. */
export interface PlotOptions extends LossOptions {
  /** Of an ensemble, pictures of what a layer does are left out: there is no single map. */
  readonly flow: Model
  /** The rows trained on, original units, with their context behind where there is one. */
  readonly rows: Rows
  /** Where those are only some of the rows: how many there are. */
  readonly allRows?: number
  /** Names of the columns; default those the flow knows, else x1, x2, …; where it knows a table, the columns are that table's. */
  readonly columns?: readonly string[]
  /** Of the samples drawn; default 0. */
  readonly seed?: number
  /** Rows that the flow is held against; default those trained on. */
  readonly heldOut?: HeldOut
}

interface Shown {
  readonly data: Matrix
  readonly allRows: number
  readonly samples: Matrix
  readonly columns: readonly string[]
  readonly axes?: readonly ColumnAxis[]
  /** How many of the columns are modelled; the others are given. */
  readonly modelled: number
  /** ln p at points of a picture, where that is one density for all. */
  readonly density: Pick<Model, 'logProb'> | undefined
}

/** Files by name, each with what draws it. */
export type Pictures = Map<string, () => string>

/** At least this many samples, so that histograms are smooth; otherwise as many as data, up to a limit. */
const SAMPLES = { least: 4000, most: 20_000 }

/** Rows that pictures are drawn from, at most: as many as keep memory small, and enough for a histogram. */
const SHOWN = { numbers: 2 ** 16, leastRows: 20_000 }

/** The same with rows that need not be in memory: of very many, some evenly spaced ones are shown. */
export type WritePlotsOptions = Omit<PlotOptions, 'rows' | 'allRows' | 'heldOut'> & {
  readonly rows: Rows | RowSource
  readonly heldOut?: { readonly rows: Rows | RowSource; readonly part: HeldOut['part'] }
}

/** Of very many held out, so many tell as much. */
const HELD_OUT_ROWS = 10_000
/** Fewer tell nothing of how they are distributed. */
const LEAST_HELD_OUT_ROWS = 8

/**
 * Draws the pictures of a run into a folder, which is made where it is missing, and returns their names. Under each
 * name there is the whole picture or what was there before.
 */
export async function writePlots(folder: string, { rows, heldOut, ...options }: WritePlotsOptions): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const columns = options.flow.dim + options.flow.contextDim
  const source = toSource(rows, columns, 'Rows')
  const { data } = await evenRows(source, Math.max(SHOWN.leastRows, Math.ceil(SHOWN.numbers / source.columns)))
  const held = heldOut && toSource(heldOut.rows, columns, 'Rows held out')
  const some = held && (await sampledRows(held, Math.min(held.rows, HELD_OUT_ROWS)))
  const pictures = picturesOf({
    ...options,
    rows: data,
    allRows: source.rows,
    ...(heldOut && some && { heldOut: { rows: some, part: heldOut.part } }),
  })
  for (const [name, draw] of pictures) await writeFileWhole(join(folder, name), draw())
  return [...pictures.keys()]
}

/** File names and how each picture is drawn; which ones there are depends on the flow. */
export function picturesOf(options: PlotOptions): Pictures {
  const { flow, seed = 0 } = options
  const { dim, contextDim } = flow
  const data = toMatrix(options.rows, dim + contextDim, 'Rows')
  const samples = samplesBeside(flow, data, seed)
  const table = flow.data.table && shownTable(flow.data.table)
  const pictures: Pictures = new Map()
  // Where nothing was trained there is no curve.
  const conditional = contextDim > 0
  if (options.losses.length > 1) pictures.set('loss.svg', () => lossPicture({ ...options, conditional }))
  addData(pictures, shownOf(options, data, samples, table))
  addCalibration(pictures, options.heldOut ?? { rows: data, part: 'training' }, flow, seed, table)
  if (!(flow instanceof Flow)) return pictures
  if (dim > 1 && contextDim === 0 && flow.structure.layers.length > 0) {
    pictures.set('data-to-noise.svg', () => dataToNoisePicture(flow, data))
    pictures.set('noise-to-data.svg', () => noiseToDataPicture(flow, seed))
    pictures.set('film.svg', () => film(flow, seed))
  }
  const [bent] = leakyRelus(flow).sort((a, b) => Math.abs(Math.log(b.alpha)) - Math.abs(Math.log(a.alpha)))
  if (bent !== undefined && isTutorial(flow))
    pictures.set('leaky-relu.svg', () => leakyReluPicture(bent.alpha, bent.name))
  return pictures
}

/** Data and samples as pictures have them: of a model that knows a table its columns, with the values that are there. */
function shownOf(
  { flow, columns, allRows }: PlotOptions,
  data: Matrix,
  samples: Matrix,
  table: ShownTable | undefined,
): Shown {
  const { dim, contextDim } = flow
  if (table) {
    const { numbers } = table
    const density = numbers && { logProb: (points: Rows) => flow.logProb(numbers(points as Float64Array)) }
    return {
      ...{ data: table.places(data), allRows: allRows ?? data.rows, samples: table.places(samples) },
      ...{ columns: table.columns, axes: table.axes, modelled: table.modelled },
      density: contextDim === 0 && !table.mixed ? density : undefined,
    }
  }
  return {
    ...{ data, allRows: allRows ?? data.rows, samples, columns: columns ?? columnNames(flow), modelled: dim },
    density: contextDim === 0 ? flow : undefined,
  }
}

/** Samples of the flow; where it has a context, those of the rows in turn, which then stand behind. */
function samplesBeside(flow: Model, data: Matrix, seed: number): Matrix {
  const { dim, contextDim } = flow
  const count = Math.min(SAMPLES.most, Math.max(SAMPLES.least, data.rows))
  const matrix = (context?: Matrix) => drawnMatrix(flow.sample(count, { seed, context: context?.data }), dim)
  if (contextDim === 0) return matrix()
  const contexts = new Float64Array(count * contextDim)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < contextDim; j++) {
      contexts[i * contextDim + j] = data.data[(i % data.rows) * data.columns + dim + j]
    }
  }
  const context = { data: contexts, rows: count, columns: contextDim }
  return { data: joined(matrix(context), context).part(0, count), rows: count, columns: data.columns }
}

/** What compares the flow with the data: its density where that is one, on so few columns that it can be drawn. */
function addData(pictures: Pictures, shown: Shown): void {
  const { modelled, density, columns } = shown
  if (density && modelled === 2) {
    pictures.set('samples.svg', () => samplesPicture(shown))
    pictures.set('density.svg', () => densityPicture({ ...shown, flow: density }))
    return
  }
  if (density && modelled === 1) {
    pictures.set('density.svg', () => densityOnALine(shown, density))
    return
  }
  pictures.set('marginals.svg', () => marginalsPicture({ ...shown, columns: columns.slice(0, modelled) }))
  if (columns.length > 1) pictures.set('pairs.svg', () => pairsPicture(shown))
}

function addCalibration(
  pictures: Pictures,
  { rows, part }: HeldOut,
  flow: Model,
  seed: number,
  table: ShownTable | undefined,
): void {
  if (rows.rows < LEAST_HELD_OUT_ROWS) return
  const compared = comparedNoise(flow, rows, samplesBeside(flow, rows, seed), table)
  pictures.set('qq.svg', () => qqPicture({ model: flow, compared, part }))
  pictures.set('pit.svg', () => pitPicture({ model: flow, compared, part }))
}

function densityOnALine({ data, allRows, samples, columns, axes }: Shown, flow: Pick<Model, 'logProb'>): string {
  const values = column(data, 0)
  return curvesPicture({
    title: 'Density of the flow',
    subtitle: `Over a histogram of the data, in their units.${shareText(data.rows, allRows)}`,
    values: 'data',
    curves: [
      {
        name: '',
        label: columns[0],
        ...axisBins(values, column(samples, 0), axes?.[0]),
        ticks: axes?.[0].ticks,
        density: (points) => flow.logProb(points).map(Math.exp),
        values,
      },
    ],
  })
}

/** The picture of a leaky ReLU explains how the tutorial's flow works; it tells nothing of a person's data. */
function isTutorial({ structure: { layers } }: Flow): boolean {
  return layers.every(({ spec: { type } }) => type === 'leakyReLU' || type === 'affineCoupling')
}

/** Slope and name of every leaky ReLU of a flow; the layer's one parameter is ln α. */
function leakyRelus({ structure: { layers, slots }, parameters }: Flow): { alpha: number; name: string }[] {
  return layers.flatMap(({ spec, label }, l) =>
    spec.type === 'leakyReLU' ? [{ alpha: Math.exp(parameters[slots[l]]), name: `Layer ${l + 1}, ${label}` }] : [],
  )
}
