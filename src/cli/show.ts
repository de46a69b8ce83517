import { dirname, join } from 'node:path'
import { describedKind } from '../columns/columns-text.js'
import { isIdentity, type MarginalSpline } from '../data/marginal-spline.js'
import { isBent } from '../data/scaler.js'
import { isBounded, supportText } from '../data/support.js'
import { columnNames, givenNames } from '../flow/column-names.js'
import { type Model, membersOf } from '../flow/ensemble.js'
import { Flow } from '../flow/flow.js'
import type { ScoreRecord } from '../flow/score-record.js'
import { summary } from '../flow/summary.js'
import { MODEL_FILE } from '../io/save-flow.js'
import { printable } from '../printable.js'
import type { Evaluation } from '../train/figures.js'
import type { CommandArguments, CommandUsage } from './arguments.js'
import { evaluationText } from './evaluation-text.js'
import { conditionText } from './given-columns.js'
import { DIVERGED, loadModel } from './load-model.js'
import { writeObject, writeText } from './output.js'
import { readBeside, readRunRecord } from './read-run-record.js'
import { modelPath } from './run-folder.js'
import type { RunRecord } from './run-record.js'
import { checkEvaluation } from './run-schema.js'
import { flag } from './values.js'
import { lineWidth } from './wrap.js'

export const usage: CommandUsage = {
  synopsis: 'show MODEL',
  summary: 'Shows the layers of a model, their parameters, and where the model comes from.',
  operands: [1, 1],
  options: { json: { text: 'as one JSON object' } },
  notes: 'MODEL is a run folder, a model file, or latest, the newest run in runs/.',
  examples: ['pushforward show latest', 'pushforward show runs/points/model.safetensors --json'],
}

/** What lies beside a model in its run folder, as far as it is there. */
interface Beside {
  readonly run?: RunRecord
  readonly evaluation?: Evaluation
}

/** `pushforward show MODEL`. */
export async function run({ operands: [argument], values }: CommandArguments): Promise<number> {
  const path = await modelPath(argument)
  const model = await loadModel(path)
  const folder = path.endsWith('.safetensors') ? dirname(path) : path
  const beside: Beside = path.endsWith('.safetensors') && !path.endsWith(MODEL_FILE) ? {} : await besideModel(folder)
  if (flag(values, 'json')) await writeObject(described(model, beside))
  else await writeText(`${shown(model, beside)}\n`)
  return 0
}

/** A model is shown whatever has become of the files around it. */
async function besideModel(folder: string): Promise<Beside> {
  const [run, evaluation] = await Promise.all([
    readRunRecord(folder),
    readBeside(join(folder, 'evaluation.json'), checkEvaluation),
  ])
  return { run, evaluation }
}

/** A model as one JSON object. */
export function described(model: Model, { run, evaluation }: Beside): object {
  if (!(model instanceof Flow)) {
    const { dim, contextDim, parameterCount, members } = model
    const each = members.map((member) => described(member, {}))
    const whole = { ensemble: members.length, dim, contextDim, parameters: parameterCount, members: each }
    return { ...whole, ...keptScores(model), run, evaluation }
  }
  const { structure, seed, data, scaler } = model
  const { description, layers, parameterCount } = structure
  return {
    ...description,
    layers: layers.map(({ spec, label, parameters }) => ({ label, ...spec, parameters })),
    parameters: parameterCount,
    seed,
    columns: columnNames(model),
    ...(model.contextDim > 0 && { given: givenNames(model) }),
    mean: [...scaler.mean],
    sd: [...scaler.sd],
    ...(scaler.supports && { supports: scaler.supports }),
    ...(scaler.marginals && { marginals: scaler.marginals.map(listedSpline) }),
    ...(scaler.whitening && {
      whitening: { mean: [...scaler.whitening.mean], matrix: [...scaler.whitening.matrix] },
    }),
    ...(data.table && { table: data.table }),
    dataSha256: data.sha256,
    training: model.training,
    ...keptScores(model),
    run,
    evaluation,
  }
}

function shown(model: Model, { run, evaluation }: Beside): string {
  const { data, scaler, contextDim } = model
  const members = membersOf(model)
  const columns = columnNames(model).map(printable)
  const width = Math.max(...columns.map((name) => name.length))
  const lines = [
    ...summaries(model),
    ...(contextDim > 0 ? [`Fits p(${conditionText(columns, givenNames(model))})`] : []),
    '',
    ...kindsText(model),
    isBent(scaler)
      ? 'Columns, with the middle of the training rows and what they are scaled by'
      : 'Columns, with the mean and the standard deviation of the training rows',
    ...columns.map((name, j) => {
      const line = `  ${name.padEnd(width)}  ${scaler.mean[j].toPrecision(6)} ± ${scaler.sd[j].toPrecision(6)}`
      const [support, spline] = [scaler.supports?.[j], scaler.marginals?.[j]]
      const bounds = support && isBounded([support]) ? `, ${supportText(support)}: of its logarithm` : ''
      const knots = spline && !isIdentity(spline) ? `, made about normal by ${spline.v.length} knots` : ''
      return `${line}${bounds}${knots}`
    }),
    ...(scaler.whitening && scaler.whitening.matrix.length > model.dim ? ['Correlations are taken out.'] : []),
    '',
    `${members.length === 1 ? 'Seed' : 'Seeds'} ${members.map(({ seed }) => seed).join(', ')}; training data have SHA-256 ${data.sha256 ?? 'unknown'}.`,
  ]
  if (model.scores) lines.push(scoresText(model.scores))
  if (model.training) lines.push(DIVERGED)
  if (run) lines.push(runText(run))
  if (evaluation) lines.push('', evaluationText(evaluation, lineWidth([process.stdout])))
  return lines.join('\n')
}

function keptScores({ scores }: Model) {
  return scores && { scores: { of: scores.of, rows: scores.rows } }
}

function scoresText({ of, rows }: ScoreRecord): string {
  const what = of === 'held-out' ? 'rows held out' : 'rows trained on, as none were held out'
  return `Quantiles of scores are among those of ${rows} ${what}.`
}

/** Of a flow, or of an ensemble and each kind of member that it has. */
export function summaries(model: Model): string[] {
  if (model instanceof Flow) return [summary(model)]
  const kinds = new Set(model.members.map(summary))
  return [
    `Ensemble of ${model.members.length} flows, which all count the same, ${model.parameterCount} parameters; ${kinds.size === 1 ? 'each of them:' : 'they are:'}`,
    ...kinds,
  ]
}

/** Columns of the table that rows come from, where those are not plain numbers. */
function kindsText({ data: { table } }: Model): string[] {
  if (!table) return []
  const names = table.columns.map(({ name }) => printable(name))
  const width = Math.max(...names.map((name) => name.length))
  return [
    'Columns of the table, and what they are (mass: log_prob has the probability of the value, elsewhere its density)',
    ...table.columns.map((column, j) => {
      const given = table.given.includes(column.name)
      return `  ${names[j].padEnd(width)}  ${given ? 'given, ' : ''}${printable(describedKind(column, given))}`
    }),
    '',
  ]
}

function listedSpline({ v, z, slopes, bends }: MarginalSpline): object {
  return { v: [...v], z: [...z], slopes: [...slopes], bends: [...bends] }
}

function runText({ status, started, data, from, training, versions, machine }: RunRecord): string {
  const count = training?.steps === 1 ? '1 step' : `${training?.steps} steps`
  const did = training?.untrained ? 'nothing needed training' : `${count} in ${training?.seconds.toFixed(1)} s`
  const steps = training ? `, ${did}` : ''
  const begun = from ? `, trained on from ${from.model} (SHA-256 ${from.sha256})` : ''
  return `Run of ${started}, ${status}${steps}, on ${data.rows} rows of ${data.name}${begun}; pushforward ${versions.pushforward}, Node ${versions.node}, ${machine.cpu}.`
}
