import * as v from 'valibot'
import { echo, FormatError } from '../errors.js'
import { decodeSafetensors, encodeSafetensors, type Tensor } from './safetensors.js'
import { damaged, decodeScaler, encodeScaler, isBent, isOfScaler, type ScalerRecord } from './scaler-tensors.js'

/** A named array of a model: parameters, and later whatever else a layer keeps. */
export interface NamedTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Float32Array | Float64Array
}

/** Everything a model file holds. Nothing of time, machine or threads: equal models give equal bytes. */
export interface ModelRecord {
  /** The architecture, as JSON. */
  readonly description: Readonly<Record<string, unknown>>
  readonly tensors: readonly NamedTensor[]
  /** What rows pass before the flow: mean and standard deviation of each column, [dim + contextDim], and whatever is behind. */
  readonly scaler: ScalerRecord
  /** Whether the scaler comes from data. */
  readonly scaled: boolean
  /** Seed of the initial parameters. */
  readonly seed: number
  readonly columns: readonly string[] | undefined
  /** How rows of a table become the flow's, as JSON. */
  readonly table: unknown
  readonly dataSha256: string | undefined
  /** Written only where its training ended in a loss that was not finite. */
  readonly training: 'diverged' | undefined
  readonly scores: KeptScores | undefined
}

/** How likely rows were, as text: older readers pass over it. */
export interface KeptScores {
  readonly of: 'held-out' | 'training'
  readonly rows: number
  /** Ascending; −∞ is null. */
  readonly scores: readonly (number | null)[]
}

export const FORMAT = 'pushforward'
/** Raised whenever an older reader would misunderstand the file; readers accept their own version and older ones. */
export const FORMAT_VERSION = 2
/** Of a file with a table, of one flow or several: an older reader takes the columns for those of the table. */
export const TABLE_VERSION = 4
/** Of one with a table whose cells may be missing: an older reader knows no columns that say so. The newest that is read. */
export const MISSING_VERSION = 5
/** The first pushforward that reads it. */
const MISSING_SINCE = '0.2.0'
/** Of a file whose scaler is a line for each column; an older reader takes any scaler for one. */
const LINES_VERSION = 1

/** `since` of a file: the first pushforward that reads its format. Versions after 4 have it, for older readers to tell. */
const PACKAGE_VERSION = /^\d{1,4}\.\d{1,4}\.\d{1,4}$/

const versionSchema = v.pipe(v.string(), v.regex(/^[1-9]\d{0,8}$/), v.transform(Number))
const seed = v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number), v.safeInteger())
const json = v.pipe(v.string(), v.parseJson())

/** Under the key "scores" of a file, of one flow or several. */
export const scoresSchema = v.pipe(
  json,
  v.object({
    of: v.picklist(['held-out', 'training']),
    rows: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    scores: v.array(v.nullable(v.pipe(v.number(), v.finite()))),
  }),
)

const metadataSchema = v.object({
  flow: v.pipe(json, v.record(v.string(), v.unknown())),
  scaled: v.pipe(
    v.picklist(['true', 'false']),
    v.transform((text) => text === 'true'),
  ),
  seed,
  columns: v.optional(v.pipe(json, v.array(v.string()))),
  table: v.optional(json),
  dataSha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  training: v.optional(v.literal('diverged')),
  scores: v.optional(scoresSchema),
})

/** The bytes of a model file: safetensors, with the scaler in float64 and the rest of the record as text. */
export function encodeModel(record: ModelRecord): Uint8Array {
  const { doubles, reals, texts } = recordParts(record)
  // The float64 tensors come first, so that every tensor lies on a multiple of its element's size.
  return encodeSafetensors([...doubles, ...reals], { format: FORMAT, ...versionTexts(versionOf(record)), ...texts })
}

function versionOf({ table, scaler }: ModelRecord): number {
  if (table !== undefined) return versionOfTable(table)
  return isBent(scaler) ? FORMAT_VERSION : LINES_VERSION
}

/** The version of a file with such a table. */
export function versionOfTable(table: unknown): number {
  const { columns } = table as { columns: readonly object[] }
  return columns.some((column) => 'missing' in column) ? MISSING_VERSION : TABLE_VERSION
}

/** What a file says of its version. */
export function versionTexts(version: number): Record<string, string> {
  return { formatVersion: String(version), ...(version >= MISSING_VERSION && { since: MISSING_SINCE }) }
}

/** What of a record is tensors, those in float64 whatever the model's precision apart, and what is text by key. */
export function recordParts({
  description,
  tensors,
  scaler,
  scaled,
  seed,
  columns,
  table,
  dataSha256,
  training,
  scores,
}: ModelRecord): { doubles: Tensor[]; reals: Tensor[]; texts: Record<string, string> } {
  return {
    doubles: encodeScaler(scaler),
    reals: tensors.map(
      ({ name, shape, data }): Tensor =>
        data instanceof Float64Array ? { name, dtype: 'F64', shape, data } : { name, dtype: 'F32', shape, data },
    ),
    texts: {
      flow: JSON.stringify(description),
      scaled: String(scaled),
      seed: String(seed),
      ...(columns && { columns: JSON.stringify(columns) }),
      ...(table !== undefined && { table: JSON.stringify(table) }),
      ...(dataSha256 !== undefined && { dataSha256 }),
      ...(training !== undefined && { training }),
      ...(scores !== undefined && { scores: JSON.stringify(scores) }),
    },
  }
}

/**
 * Reads a model file. Nothing in it is ever run.
 * @throws FormatError where the bytes are not a whole safetensors file, not a pushforward model, of a newer format, or
 *   hold values that no model has.
 */
export function decodeModel(bytes: Uint8Array): ModelRecord {
  const { tensors, metadata } = decodeSafetensors(bytes)
  return readRecord(tensors, metadata, checkFormat(metadata, TABLE_VERSION))
}

/**
 * The record that is in these tensors and texts of a file of that version.
 * @throws FormatError for values that no model has.
 */
export function readRecord(
  tensors: readonly Tensor[],
  texts: Readonly<Record<string, string>>,
  version: number,
): ModelRecord {
  const { flow, ...rest } = readTexts(metadataSchema, texts)
  const scaler = decodeScaler(tensors, version > LINES_VERSION)
  const own = tensors.filter(({ name }) => !isOfScaler(name)).map(realTensor)
  return {
    columns: undefined,
    table: undefined,
    dataSha256: undefined,
    training: undefined,
    scores: undefined,
    ...rest,
    description: flow,
    tensors: own,
    scaler,
  }
}

/**
 * What texts say by a schema.
 * @throws FormatError for values that no model has.
 */
export function readTexts<Schema extends v.GenericSchema>(
  schema: Schema,
  texts: Readonly<Record<string, string>>,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, texts, { abortEarly: true })
  if (parsed.success) return parsed.output
  const [issue] = parsed.issues
  const fault = issue.input === undefined ? 'is missing' : `cannot be used (${issue.message})`
  throw damaged(`its metadata "${v.getDotPath(issue)}" ${fault}`)
}

/**
 * The version of a file that can be read, up to the newest.
 * @throws FormatError for a file that is no model or newer.
 */
export function checkFormat(
  { format, formatVersion, since }: Readonly<Record<string, string>>,
  newest: number,
): number {
  if (format !== FORMAT) {
    throw new FormatError('This safetensors file is not a pushforward model: its metadata has no format "pushforward".')
  }
  const parsed = v.safeParse(versionSchema, formatVersion)
  if (!parsed.success) throw damaged(`its format version is ${echo(formatVersion)}, expected a whole number`)
  if (parsed.output > newest) {
    const update = PACKAGE_VERSION.test(since ?? '') ? `update pushforward to ${since} or later` : 'update pushforward'
    throw new FormatError(
      `This model has format version ${parsed.output}, and this pushforward reads up to version ${newest}: ${update}.`,
    )
  }
  return parsed.output
}

function realTensor({ name, dtype, shape, data }: Tensor): NamedTensor {
  if (dtype !== 'F32' && dtype !== 'F64') throw damaged(`its tensor "${name}" is ${dtype}, expected F32 or F64`)
  if (!data.every(Number.isFinite)) throw damaged(`its tensor "${name}" holds a value that is not finite`)
  return { name, shape, data }
}
