import type { BaseSpec } from '../bases/base.js'
import { readCodec } from '../columns/codec-schema.js'
import type { TableCodec } from '../columns/kinds.js'
import { RowCodec } from '../columns/table-codec.js'
import { FormatError, UsageError } from '../errors.js'
import { type Ensemble, ensemble, type Model, membersOf } from '../flow/ensemble.js'
import { Flow } from '../flow/flow.js'
import { hasDensity } from '../flow/has-density.js'
import { type ScoreRecord, scoresKept } from '../flow/score-record.js'
import { buildParts, type FlowDescription, type FlowParts, namedSlots } from '../flow/structure.js'
import type { KernelChoice } from '../kernels/create.js'
import type { Precision } from '../kernels/heap.js'
import { slotLength } from '../nets/parameters.js'
import { decodeFile, encodeMembers, ofMember } from './ensemble-file.js'
import { encodeModel as encodeRecord, type KeptScores, type ModelRecord, type NamedTensor } from './model-file.js'

/** The bytes of a flow's model file (safetensors); equal flows give equal bytes. */
export function encodeFlow(flow: Flow): Uint8Array {
  return encodeRecord(recordOf(flow))
}

/** The same of a flow or an ensemble, whose file has all of its members. */
export function encodeModel(model: Model): Uint8Array {
  return model instanceof Flow ? encodeFlow(model) : encodeMembers(membersOf(model).map(recordOf), keptScores(model))
}

function recordOf(flow: Flow): ModelRecord {
  const { structure, numbers, scaler, scaled, seed, data, training } = flow
  let end = 0
  const tensors = namedSlots(structure).map((slot): NamedTensor => {
    const begin = end
    end += slotLength(slot)
    return { ...slot, data: numbers.subarray(begin, end) }
  })
  return {
    description: { ...structure.description },
    tensors,
    scaler,
    scaled,
    seed,
    columns: data.columns,
    table: data.table,
    dataSha256: data.sha256,
    training,
    scores: keptScores(flow),
  }
}

/** Digits that tell any two float32 apart. */
const FLOAT32_DIGITS = 9

function keptScores({ scores: record }: Model): KeptScores | undefined {
  if (record === undefined) return undefined
  const kept = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(FLOAT32_DIGITS)) : null)
  return { of: record.of, rows: record.rows, scores: Array.from(record.scores, kept) }
}

/** What the file says of scores, where it says something. */
function scoresOf(kept: KeptScores | undefined): ScoreRecord | undefined {
  if (kept === undefined) return undefined
  const { of, rows } = kept
  const scores = Float64Array.from(kept.scores, (value) => Math.fround(value ?? Number.NEGATIVE_INFINITY))
  if (scores.length === scoresKept(rows) && scores.every((value, i) => i === 0 || value >= scores[i - 1]))
    return { of, rows, scores }
  throw new FormatError(
    `This model file is damaged: its metadata "scores" are not ${scoresKept(rows)} numbers that ascend.`,
  )
}

/**
 * The flow in the bytes of a model file. Layers are rebuilt from their description; no code comes out of a file.
 * @throws FormatError where the file is damaged, no model, of a newer format, or its arrays do not fit its layers, and where
 *   it holds an ensemble.
 */
export function decodeFlow<P extends Precision = 'float32'>(
  bytes: Uint8Array,
  options: { kernels?: KernelChoice } = {},
): Flow<P> {
  const file = decodeFile(bytes)
  if ('flow' in file) return flowOf<P>(file.flow, options)
  const { length } = file.members
  throw new FormatError(
    `This model file holds an ensemble of ${length} ${length === 1 ? 'flow' : 'flows'}: read it with loadModel or decodeModel.`,
  )
}

/**
 * The flow or ensemble in the bytes of a model file.
 * @throws FormatError as `decodeFlow`, and where the members of an ensemble do not agree.
 */
export function decodeModel<P extends Precision = 'float32'>(
  bytes: Uint8Array,
  options: { kernels?: KernelChoice } = {},
): Model<P> {
  const file = decodeFile(bytes)
  if ('flow' in file) return flowOf<P>(file.flow, options)
  const members = file.members.map((record, m) => ofMember(m, () => flowOf<P>(record, options)))
  const mixture = agreed(members)
  mixture.scores = scoresOf(file.scores)
  return mixture
}

function agreed<P extends Precision>(members: readonly Flow<P>[]): Ensemble<P> {
  try {
    return ensemble(members)
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause
    throw new FormatError(`This model file is damaged. ${cause.message}`, { cause })
  }
}

function flowOf<P extends Precision>(record: ModelRecord, { kernels }: { kernels?: KernelChoice }): Flow<P> {
  const parts = partsOf(record)
  // Before the flow takes memory for its parameters, so that a damaged width cannot ask for gigabytes.
  const tensors = inStorageOrder(parts, record.tensors)
  checkSizes(parts, record)
  const flow = new Flow<P>(parts.description, { seed: record.seed, kernels })
  let begin = 0
  for (const { data } of tensors) {
    flow.numbers.set(data, begin)
    begin += data.length
  }
  flow.scaler = record.scaler
  flow.scaled = record.scaled
  const table = tableOf(record, flow)
  flow.data = { columns: record.columns, sha256: record.dataSha256, ...(table && { table }) }
  flow.training = record.training
  if (!hasDensity(flow as Flow)) {
    throw new FormatError(
      'This model file is damaged: its numbers are finite, but the density in the middle of its data is none.',
    )
  }
  flow.scores = scoresOf(record.scores)
  return flow
}

/** What the file says of the table that rows come from, where it says something. */
function tableOf({ table, columns }: ModelRecord, { dim, contextDim }: Flow): TableCodec | undefined {
  if (table === undefined) return undefined
  const codec = readCodec(table)
  if (typeof codec === 'string') {
    throw new FormatError(`This model file is damaged: its metadata "table" cannot be used (${codec}).`)
  }
  const rows = new RowCodec(codec)
  if (rows.dim === dim && rows.names.length === dim + contextDim && rows.names.join('\n') === columns?.join('\n'))
    return codec
  throw new FormatError('This model file is damaged: the columns of its table are not those of its flow.')
}

function partsOf({ description, scaler }: ModelRecord): FlowParts {
  const { dim, contextDim, layers, base, embedding, precision } = description as Partial<FlowDescription>
  const known =
    typeof dim === 'number' &&
    typeof contextDim === 'number' &&
    Array.isArray(layers) &&
    layers.every(isSpec) &&
    isBase(base) &&
    (precision === 'float32' || precision === 'float64')
  if (!known) throw new FormatError('This model file describes no flow that this pushforward can build.')
  // Before layers are built, which take memory by the column: the scaler's numbers are there, a claimed width is not.
  if (scaler.mean.length !== dim + contextDim) {
    throw new FormatError(
      `This model file is damaged: its scaler has ${scaler.mean.length} columns, its flow ${dim + contextDim}.`,
    )
  }
  try {
    return buildParts({ dim, contextDim, layers, base, ...(embedding !== undefined && { embedding }), precision })
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause
    throw new FormatError(`This model file describes a flow that cannot be built: ${cause.message}`, { cause })
  }
}

function isBase(spec: unknown): spec is BaseSpec {
  return isSpec(spec)
}

function isSpec(spec: unknown): boolean {
  return typeof spec === 'object' && spec !== null && typeof (spec as { type?: unknown }).type === 'string'
}

/** The file's tensors in the order of the flow's numbers: all there, no others, each of its shape and type. */
function inStorageOrder(parts: FlowParts, tensors: readonly NamedTensor[]): NamedTensor[] {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  const Reals = parts.description.precision === 'float64' ? Float64Array : Float32Array
  const ordered = namedSlots(parts).map(({ name, shape }) => {
    const tensor = byName.get(name)
    if (!tensor) throw new FormatError(`This model file is damaged: tensor "${name}" is missing.`)
    byName.delete(name)
    if (tensor.shape.join() !== shape.join() || !(tensor.data instanceof Reals)) {
      throw new FormatError(
        `This model file is damaged: tensor "${name}" is ${kindOf(tensor)}, but its layer has ${kindOf({ data: new Reals(), shape })}.`,
      )
    }
    return tensor
  })
  const [extra] = byName.keys()
  if (extra !== undefined)
    throw new FormatError(`This model file is damaged: none of its layers has a tensor "${extra}".`)
  return ordered
}

function kindOf({ data, shape }: Pick<NamedTensor, 'data' | 'shape'>): string {
  return `${data instanceof Float64Array ? 'float64' : 'float32'} [${shape.join(', ')}]`
}

function checkSizes({ width, dim }: FlowParts, { scaler, columns }: ModelRecord): void {
  const { supports, marginals, whitening } = scaler
  for (const columns of [supports?.length, marginals?.length, whitening?.mean.length]) {
    if (columns === undefined || columns === dim) continue
    throw new FormatError(
      `This model file is damaged: its scaler makes ${columns} columns normal, its flow has ${dim}.`,
    )
  }
  if (columns && columns.length !== width) {
    throw new FormatError(`This model file is damaged: it names ${columns.length} columns, its flow has ${width}.`)
  }
}
