import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { encodeModel, fit, flow, leakyReLU, loadModel, type Model, readTable } from 'pushforward'
import { withConfig } from '#cli/config.js'
import { readRun } from '#cli/run-files.js'
import { runPage } from '#cli/run-page.js'
import { run as show } from '#cli/show.js'
import { trainOptions } from '#cli/train-options.js'
import { CONFIGURABLE } from '#cli/train-usage.js'
import type { CellBlock } from '#data/cells.js'
import { readCells } from '#data/read-table.js'
import { membersOf } from '#flow/ensemble.js'
import { checkpointSteps, decodeCheckpoint, decodeCheckpoints } from '#io/checkpoint-file.js'

/**
 * Reads the file at a path as the library or the command line does and returns what it holds in few words, the same for
 * the same contents; throws Wrong for contents that no reader may return.
 */
export type Reading = (path: string, bytes: Buffer) => Promise<string>

/** What was read is not what anything can be. */
export class Wrong extends Error {
  override name = 'Wrong'
}

/** Rows of numbers, as `fit` takes them. */
export const numbersOf: Reading = async (path) => {
  const { columns, points } = await readTable(path, { minimumRows: 0 })
  const hash = createHash('sha256').update(JSON.stringify(columns))
  try {
    let count = 0
    for (const block of points.blocks(1024)) {
      for (const value of block) if (!Number.isFinite(value)) throw new Wrong(`a cell that is ${value}`)
      count += block.length
      hash.update(block)
    }
    if (count !== points.rows * points.columns || points.columns !== columns.length) {
      throw new Wrong(`${count} numbers of ${points.rows} rows of ${columns.length} columns`)
    }
    return hash.digest('hex')
  } finally {
    points.close()
  }
}

/** All cells, as `train` takes them. */
export const cellsOf: Reading = async (path) => {
  const hash = createHash('sha256')
  await readCells(
    path,
    {},
    {
      begin({ names, width, place }) {
        if (!(names === undefined || (names.length === width && names.every((name) => typeof name === 'string'))))
          throw new Wrong(`names that are none at ${place}`)
        hash.update(JSON.stringify(names ?? width))
        return Array.from({ length: width }, (_, j) => j)
      },
      push: (block: CellBlock) => pushed(block, hash),
    },
  )
  return hash.digest('hex')
}

function pushed({ rows, columns, place }: CellBlock, hash: ReturnType<typeof createHash>): void {
  for (const { numbers, others } of columns) {
    if (numbers.length < rows) throw new Wrong(`${numbers.length} cells for ${rows} rows at ${place(0)}`)
    hash.update(numbers.subarray(0, rows))
    for (const [row, other] of others) {
      if (!(row < rows && (other === null || typeof other === 'string')))
        throw new Wrong(`a cell that is ${typeof other}`)
      hash.update(`${row} ${other}`)
    }
  }
}

/** A model file: it opens, scores a row without NaN, and is written again. */
export const modelOf: Reading = async (path) => {
  const model = await loadModel(path)
  const logProb = scored(model)
  if (Number.isNaN(logProb)) throw new Wrong('a model whose log-density is NaN')
  return createHash('sha256').update(encodeModel(model)).digest('hex')
}

function scored(model: Model): number {
  const [{ scaler }] = membersOf(model)
  const row = [...scaler.mean]
  const context = model.contextDim > 0 ? { context: [row.slice(model.dim)] } : undefined
  return model.logProb([row.slice(0, model.dim)], context)[0]
}

const ROWS = Array.from({ length: 12 }, (_, i) => [Math.fround(Math.cos(i)), Math.fround(Math.sin(2 * i))])

/** The flow and the fit that the checkpoint among the seeds is of. */
export async function fitOf({ resume, write }: { resume?: Uint8Array; write?: (bytes: Uint8Array) => void }) {
  const model = flow(2, [leakyReLU()], { seed: 1 })
  const checkpoint = write && { every: 0, write: async (bytes: Uint8Array) => write(bytes) }
  return fit(model, ROWS, { steps: 4, threads: 0, kernels: 'portable', validation: 0.25, checkpoint, resume })
}

/** A checkpoint: its steps, and a fit that goes on from it. */
export const checkpointOf: Reading = async (_, bytes) => {
  const steps = checkpointSteps(bytes)
  if (!(Number.isSafeInteger(steps) && steps >= 0)) throw new Wrong(`a checkpoint of ${steps} steps`)
  const { losses } = await fitOf({ resume: bytes })
  return JSON.stringify([steps, ...losses])
}

/** A checkpoint of several fits: each of its members. */
export const checkpointsOf: Reading = async (_, bytes) => {
  const steps = decodeCheckpoints(bytes).map((member) => (member ? decodeCheckpoint(member).steps : 0))
  if (steps.reduce((sum, own) => sum + own, 0) !== checkpointSteps(bytes)) throw new Wrong(`steps ${steps.join(', ')}`)
  return steps.join()
}

/** config.json, to the options that it stands for. */
export const configOf: Reading = async (path) => {
  const { data, values } = await withConfig(undefined, { config: path }, CONFIGURABLE)
  return JSON.stringify([data, trainOptions(values, data)])
}

/** A run folder with this file in the place of its own: what `show` and `report` say of it. */
export function runOf(name: string, others: ReadonlyMap<string, Buffer>): Reading {
  let made = false
  return async (path, bytes) => {
    const folder = join(dirname(path), 'run')
    if (!made) {
      mkdirSync(folder, { recursive: true })
      for (const [other, own] of others) writeFileSync(join(folder, other), own)
      made = true
    }
    writeFileSync(join(folder, name), bytes)
    const shown = await said(() => show({ operands: [folder], values: {}, help: false }))
    if (/(?!\n)[\p{Cc}\p{Cs}]/u.test(shown)) throw new Wrong('a control character on the terminal')
    const odd = /.*(\bundefined\b|\bNaN\b|\[object ).*/.exec(shown.replace(/"[^"]*"/g, ''))
    // A file may say so itself, of its data's name for one.
    if (odd && !bytes.includes(odd[1])) throw new Wrong(`shown: ${odd[0]}`)
    return createHash('sha256')
      .update(shown)
      .update(runPage(await readRun(folder)))
      .digest('hex')
  }
}

/** What goes to stdout meanwhile. */
async function said(work: () => Promise<unknown>): Promise<string> {
  const { write } = process.stdout
  let text = ''
  process.stdout.write = ((piece: string) => {
    text += piece
    return true
  }) as typeof write
  try {
    await work()
  } finally {
    process.stdout.write = write
  }
  return text
}
