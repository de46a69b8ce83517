import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  adamW,
  auto,
  circular,
  ensemble,
  type Flow,
  type FlowOptions,
  fit,
  flow,
  iaf,
  type LayerSpec,
  maf,
  nice,
  nsf,
  nsfAutoregressive,
  preprocess,
  realNVP,
  saveFlow,
  tutorial,
} from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../examples/python', import.meta.url))
const python = process.env.PYTHON ?? 'python3'
const asked = spawnSync(python, ['-c', 'import numpy, safetensors'], { encoding: 'utf8' })
const why = asked.status === 0 ? '' : ` (skipped: ${python} has no numpy and safetensors; PYTHON names another)`

/** What the example in Python makes of a model and its rows. */
interface Answer {
  readonly logProb: number[]
  /** The farthest that a row comes back from where it was, by the flow's inverse. */
  readonly back: number
  /** Mean and standard deviation of the columns of a sample. */
  readonly mean: number[]
  readonly sd: number[]
}

const DRIVER = `
import json, sys
import numpy as np
sys.path.insert(0, ${JSON.stringify(script)})
import pushforward_numpy
answers = {}
for name, (path, rows, context) in json.load(sys.stdin).items():
    model = pushforward_numpy.load(path)
    x = np.array(rows)
    c = None if context is None else np.array(context)
    back = 0
    if hasattr(model, "inverse"):
        z, _ = model.forward(x, c)
        back = np.abs(model.inverse(z, c) - x).max()
    drawn = model.sample(20000, seed=1, context=None if c is None else c[0])
    answers[name] = dict(logProb=model.log_prob(x, c).tolist(), back=float(back), mean=drawn.mean(0).tolist(), sd=drawn.std(0).tolist())
print(json.dumps(answers).replace("-Infinity", "null"))
`

const ROWS = 10_000
/** Uniform on (0, 1), the same everywhere: the fractional parts of multiples of two irrational numbers. */
const u = (i: number, k: number) => ((i + 1) * [0.618_033_988_75, 0.754_877_666_25, 0.569_840_290_99][k]) % 1
const normal = (i: number) => Math.sqrt(-2 * Math.log(u(i, 0))) * Math.cos(2 * Math.PI * u(i, 1))
const crescents = Array.from({ length: ROWS }, (_, i) => [
  normal(i),
  normal(i) ** 2 + normal(i + 7),
  Math.exp(normal(i + 13)),
])
const clouds = Array.from({ length: ROWS }, (_, i) => [normal(i) + (i % 2 ? 4 : -4), 3 * u(i, 2) + normal(i + 3)])
const angles = Array.from({ length: ROWS }, (_, i) => [3 * Math.sin(i), 2 * Math.PI * u(i, 2) - Math.PI])

interface Case {
  readonly model: Flow
  readonly rows: number[][]
  readonly context?: number[][]
}

const quick = { steps: 30, batch: 256, validation: 0.1, optimizer: adamW({ learningRate: 5e-3 }), threads: 0 } as const
const firstRows = 1500

async function fitted(
  layers: LayerSpec[],
  rows: number[][],
  how: object = {},
  options: FlowOptions = {},
): Promise<Case> {
  const model = flow(rows[0].length, layers, { seed: 2, ...options })
  await fit(model, rows.slice(0, firstRows), { ...quick, ...how })
  return { model, rows }
}

/** What `auto` chooses, trained for a moment. */
async function chosen(rows: number[][], options: object = {}): Promise<Case> {
  const few = rows.slice(0, 2500)
  const { layers, base, fit: how } = await auto(few, { steps: 30, threads: 0, ...options })
  const model = flow(rows[0].length, layers, { base, seed: 3 })
  await fit(model, few, { ...how, threads: 0 })
  return { model, rows }
}

async function conditioned(): Promise<Case> {
  const context = clouds.map(([x]) => [x])
  const rows = clouds.map(([, y]) => [y, y * y])
  const layers = nsf(2, { layers: 2, hidden: [8], fourier: 2 })
  const model = flow(2, layers, {
    context: 1,
    embedding: { hidden: [4], outputs: 2 },
    base: { type: 'diagonalNormal', conditioner: { type: 'mlp', hidden: [4] } },
  })
  await fit(model, { rows: rows.slice(0, firstRows), context: context.slice(0, firstRows) }, quick)
  return { model, rows, context }
}

async function givenAnother(): Promise<Case> {
  const [rows, context] = [clouds, crescents.map(([x]) => [x])]
  const part = { rows: rows.slice(0, 2500), context: context.slice(0, 2500) }
  const { layers, base, fit: how } = await auto(part, { steps: 30, threads: 0 })
  const model = flow(2, layers, { base, context: 1, seed: 3 })
  await fit(model, part, { ...how, threads: 0 })
  return { model, rows, context }
}

const makers: Record<string, () => Promise<Case>> = {
  tutorial: () => fitted(tutorial(3), crescents),
  realNVP: () => fitted(realNVP(3, { layers: 3, hidden: [8, 8] }), crescents),
  nice: () =>
    fitted(nice(3, { layers: 3, hidden: [8] }), crescents, { preprocess: preprocess({ gaussianise: false }) }),
  nsf: () => fitted(nsf(3, { layers: 3, hidden: [16], fourier: 3 }), crescents),
  nsfAutoregressive: () =>
    fitted(nsfAutoregressive(3, { layers: 2, hidden: [16], bins: 5, minBinSize: 0.01 }), crescents),
  maf: () => fitted(maf(3, { layers: 3, hidden: [16], activation: 'gelu' }), crescents),
  iaf: () =>
    fitted(iaf(3, { layers: 2, hidden: [16], activation: 'silu' }), crescents, {
      preprocess: preprocess({ gaussianise: 'tails' }),
    }),
  circular: () =>
    fitted(
      circular(2, { layers: 2, hidden: [16] }),
      angles,
      { preprocess: 'none' },
      { base: { type: 'uniformBox', low: -Math.PI, high: Math.PI } },
    ),
  'one column': () =>
    fitted(
      nsf(1, { layers: 2 }),
      crescents.map(([, y]) => [y]),
    ),
  'a full normal': () => fitted([], crescents, {}, { base: { type: 'fullNormal' } }),
  'what auto makes of clouds': () => chosen(clouds),
  'what auto makes of long tails and bounds': () => chosen(crescents, { supports: [{}, {}, { low: 0 }] }),
  'a flow that is given a context': conditioned,
  'what auto makes of columns given another': givenAnother,
}

let folder: string
const cases = new Map<string, Case>()
let answers: Record<string, Answer>

/** The same flow in float64: what is left is what formulas say. */
function precise({ structure, numbers, scaler, scaled }: Flow): Flow<'float64'> {
  const { dim, contextDim, layers, base, embedding } = structure.description
  const copy = flow(dim, [...layers], { base, context: contextDim, embedding, precision: 'float64' })
  copy.numbers.set(numbers)
  copy.scaler = scaler
  copy.scaled = scaled
  return copy
}

describe.skipIf(asked.status !== 0)(`examples/python reads what pushforward saves${why}`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pushforward-python-'))
    const asks: Record<string, unknown> = {}
    for (const [name, make] of Object.entries(makers)) {
      const made = await make()
      cases.set(name, made)
      const path = join(folder, `${cases.size}.safetensors`)
      await saveFlow(made.model, path)
      asks[name] = [path, made.rows, made.context ?? null]
    }
    const [first, second] = ['tutorial', 'maf'].map((name) => cases.get(name)?.model as Flow)
    await saveFlow(ensemble([first, second]), join(folder, 'ensemble.safetensors'))
    asks.ensemble = [join(folder, 'ensemble.safetensors'), crescents, null]
    await writeFile(join(folder, 'driver.py'), DRIVER)
    answers = JSON.parse(
      execFileSync(python, [join(folder, 'driver.py')], {
        input: JSON.stringify(asks),
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      }),
    )
  }, 300_000)
  afterAll(() => rm(folder, { recursive: true }))

  test('what auto makes has a mixture as base, waves, bounds, splines of columns and correlations taken out', () => {
    const [onClouds, onTails] = ['what auto makes of clouds', 'what auto makes of long tails and bounds'].map(
      (name) => cases.get(name)?.model as Flow,
    )
    const { base, layers } = onClouds.structure.description
    expect([base.type, JSON.stringify(layers).includes('fourier')]).toEqual(['contaminated', true])
    expect(Object.keys(onTails.scaler)).toEqual(expect.arrayContaining(['supports', 'marginals', 'whitening']))
  })

  test.each(Object.keys(makers))('%s: log-densities of 10 000 rows and the way back', (name) => {
    const { model, rows, context } = cases.get(name) as Case
    const { logProb, back } = answers[name]
    expect(logProb).toHaveLength(ROWS)
    const [float32, float64] = [model.logProb(rows, { context }), precise(model).logProb(rows, { context })]
    let [farthest, sum] = [0, 0]
    for (const [i, value] of logProb.entries()) {
      farthest = Math.max(farthest, Math.abs(value - float64[i]) / Math.max(1, Math.abs(float64[i])))
      sum += Math.abs(value - float32[i])
    }
    expect(farthest).toBeLessThan(1e-9)
    // The flow itself computes in float32.
    expect(sum / ROWS).toBeLessThan(1e-5)
    expect(back).toBeLessThan(1e-6)
  })

  test('an ensemble: log-densities', () => {
    const members = ['tutorial', 'maf'].map((name) => precise(cases.get(name)?.model as Flow))
    const expected = ensemble(members).logProb(crescents)
    for (const [i, value] of answers.ensemble.logProb.entries())
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-7)
  })

  test.each(Object.keys(makers))('%s: samples have the mean and spread of those of the flow', (name) => {
    const { model, context } = cases.get(name) as Case
    const n = 20_000
    const drawn = model.sample(n, { seed: 5, ...(context && { context: context[0] }) }).toArray()
    for (const [j, mean] of answers[name].mean.entries()) {
      const column = drawn.map((row) => row[j])
      const own = column.reduce((sum, x) => sum + x, 0) / n
      const sd = Math.sqrt(column.reduce((sum, x) => sum + (x - own) ** 2, 0) / n)
      // Five standard errors of a difference of means.
      expect(Math.abs(mean - own)).toBeLessThan(5 * Math.sqrt(2 / n) * Math.max(sd, answers[name].sd[j]))
    }
  })
})
