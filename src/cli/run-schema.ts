import * as v from 'valibot'
import type { Evaluation } from '../train/figures.js'
import type { RunRecord } from './run-record.js'

// What is shown of run.json and evaluation.json, as far as versions since the first have written it: more may be there,
// and what is there is of its kind.

const number = v.pipe(v.number(), v.finite())
const count = v.pipe(v.number(), v.integer())
const texts = v.array(v.string())
const orNull = <Schema extends v.GenericSchema>(schema: Schema) => v.nullable(schema)
/** A figure of training rows, and of other parts where they are there. */
const bySplit = <Schema extends v.GenericSchema>(schema: Schema) => {
  const some = v.optional(schema)
  return v.looseObject({ train: schema, validation: some, test: some, fresh: some })
}

const stopped = v.picklist(['steps', 'after', 'patience', 'aborted'])
const meanNll = v.looseObject({ mean: orNull(number), standardError: orNull(number), rows: count })

const trials = v.looseObject({
  folds: orNull(count),
  flows: v.pipe(
    v.array(v.looseObject({ name: v.string(), nll: meanNll, gaussianGain: orNull(meanNll) })),
    v.minLength(1),
  ),
  chosen: v.string(),
})

const run = v.looseObject({
  status: v.picklist(['running', 'finished', 'interrupted', 'failed', 'killed']),
  error: v.optional(v.string()),
  started: v.string(),
  resumed: v.optional(texts),
  versions: v.looseObject({ pushforward: v.string(), node: v.string() }),
  machine: v.looseObject({ cpu: v.string(), cores: count }),
  seed: count,
  data: v.looseObject({
    name: v.string(),
    rows: count,
    columns: texts,
    given: v.optional(texts),
    sha256: v.string(),
    valuesSha256: v.optional(v.string()),
  }),
  from: v.optional(v.looseObject({ model: v.string(), sha256: v.string() })),
  starts: v.optional(v.looseObject({ seeds: v.array(count), nll: v.array(orNull(number)), best: count })),
  trials: v.optional(trials),
  training: v.optional(
    v.looseObject({
      steps: count,
      bestStep: count,
      stopped,
      seconds: number,
      threads: count,
      kernels: v.string(),
      untrained: v.optional(v.boolean()),
    }),
  ),
})

const dominating = v.looseObject({
  rows: v.pipe(v.array(v.looseObject({ row: count, nll: orNull(number) })), v.minLength(1)),
  meanWithout: orNull(number),
})
const outside = v.looseObject({
  ...{ name: v.string(), low: number, high: number, sd: number },
  ...{ least: orNull(number), greatest: orNull(number) },
})
const test = v.looseObject({
  ...{ of: v.string(), name: v.optional(v.string()) },
  ...{ statistic: number, p: number, corrected: number },
})
const strange = v.looseObject({
  row: count,
  logProb: orNull(number),
  values: v.array(v.union([number, v.string(), v.null()])),
})

const evaluation = v.looseObject({
  members: v.optional(count),
  nll: bySplit(meanNll),
  quartiles: v.optional(bySplit(v.tuple([orNull(number), orNull(number), orNull(number)]))),
  dominating: v.optional(v.partial(bySplit(dominating))),
  leftOutRows: v.optional(v.looseObject({ rows: v.pipe(v.array(count), v.minLength(1)), count })),
  note: v.optional(v.string()),
  units: v.optional(v.string()),
  gaussianBaseline: orNull(bySplit(meanNll)),
  gaussianGain: v.nullish(bySplit(meanNll)),
  mixtureBaseline: v.nullish(v.looseObject({ ...bySplit(meanNll).entries, components: count })),
  mixtureGain: v.nullish(bySplit(meanNll)),
  entropyFloor: v.optional(number),
  excess: v.optional(bySplit(meanNll)),
  freshNll: v.optional(meanNll),
  goodness: v.optional(
    v.looseObject({ rows: count, tests: v.array(test), contradicted: v.boolean(), verdict: v.string() }),
  ),
  regression: v.optional(
    v.looseObject({
      ...{ part: v.string(), rows: count, crps: meanNll },
      ...{ coverage: number, width: number, rmse: number },
    }),
  ),
  classification: v.optional(
    v.looseObject({
      ...{ part: v.string(), rows: count, logLoss: meanNll },
      ...{ accuracy: number, commonest: number },
    }),
  ),
  integralOfDensity: v.optional(v.looseObject({ value: number, side: count, converged: v.boolean() })),
  leftOut: v.optional(v.string()),
  worstRoundTrip: orNull(number),
  samplesOutside: v.optional(v.looseObject({ share: number, farShare: number, columns: v.array(outside) })),
  losses: v.looseObject({}),
  strangest: v.optional(v.looseObject({ part: v.string(), columns: texts, rows: v.array(strange) })),
  trials: v.optional(trials),
  verdict: v.optional(v.string()),
})

/** A file's contents, or what keeps them from being what they should be, in a few words. */
export type Checked<Contents> = { readonly contents: Contents } | { readonly fault: string }

/** What a run.json holds. */
export function checkRun(value: unknown): Checked<RunRecord> {
  return checked<RunRecord>(run, value)
}

/** What an evaluation.json holds. */
export function checkEvaluation(value: unknown): Checked<Evaluation> {
  return checked<Evaluation>(evaluation, value)
}

/** Objects and lists within each other, at most: more is written by nobody, and what writes them anew has no room for it. */
const DEEPEST = 64

/** Whether a value of JSON nests deeper than any that is written; found without going as deep. */
export function isTooDeep(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true
    level = level.flatMap((part) => (typeof part === 'object' && part !== null ? Object.values(part) : []))
  }
  return false
}

function checked<Contents>(schema: v.GenericSchema, value: unknown): Checked<Contents> {
  if (isTooDeep(value)) return { fault: 'it nests too deep' }
  const { success, output, issues } = v.safeParse(schema, value, { abortEarly: true })
  if (success) return { contents: output as Contents }
  const [issue] = issues
  const path = v.getDotPath(issue)
  return { fault: path === null ? 'it is no such object' : `its ${path} cannot be used` }
}
