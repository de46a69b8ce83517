import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { echo, FormatError } from '../errors.js'
import { decodeSafetensors, encodeSafetensors, type Tensor } from './safetensors.js'

/** The numbers that steps change. */
export interface CheckpointArrays {
  readonly params: Float32Array | Float64Array
  /** The running average of the parameters; only where there is one. */
  readonly average: Float32Array | Float64Array | undefined
  readonly firstMoment: Float32Array | Float64Array
  readonly secondMoment: Float32Array | Float64Array
  readonly best: Float32Array | Float64Array
}

/**
 * Everything a checkpoint of a fit holds: what its steps have come to, and what it is a fit of. Behind the parameters and their
 * average lies the layers' state.
 */
export interface CheckpointRecord extends CheckpointArrays {
  /** The architecture, as JSON text. */
  readonly flow: string
  /** What decides the numbers of the fit, by name. */
  readonly options: Readonly<Record<string, unknown>>
  /** Of the rows, and of what training sees of them: scaled, split and weighed. */
  readonly dataSha256: string
  readonly preparedSha256: string
  readonly steps: number
  /** Of every step. */
  readonly losses: Float64Array
  /** Of every validated step. */
  readonly validation: Float64Array
  /** Steps between two of those. */
  readonly validationEvery: number
  /** What was before earlier steps, for a fit that may have to go back there. */
  readonly anchors: readonly (CheckpointArrays & { readonly step: number })[]
  /** Where it has gone back: from which step to which, and the learning rate from there on. */
  readonly recoveries: readonly { readonly step: number; readonly from: number; readonly learningRate: number }[]
}

const FORMAT = 'pushforward-checkpoint'
/** Raised whenever an older reader would misunderstand the file. */
const FORMAT_VERSION = 1
const REALS = ['params', 'average', 'firstMoment', 'secondMoment', 'best'] as const
const DOUBLES = ['losses', 'validation'] as const

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))
const count = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const textsSchema = v.object({
  flow: v.string(),
  options: v.pipe(v.string(), v.parseJson(), v.record(v.string(), v.unknown())),
  dataSha256: sha256,
  preparedSha256: sha256,
  steps: count,
  validationEvery: count,
  anchors: v.pipe(v.string(), v.parseJson(), v.array(whole)),
  recoveries: v.pipe(
    v.string(),
    v.parseJson(),
    v.array(v.object({ step: whole, from: whole, learningRate: v.pipe(v.number(), v.finite()) })),
  ),
})

/** Members of a checkpoint, at most as many as an ensemble may have; each under its number. */
const membersSchema = v.pipe(v.string(), v.regex(/^[1-9]\d{0,3}$/), v.transform(Number))
const MEMBER = /^(?:0|[1-9]\d{0,3})$/

/** The bytes of a fit's checkpoint: safetensors, with a SHA-256 of themselves in the metadata. */
export function encodeCheckpoint(record: CheckpointRecord): Uint8Array<ArrayBuffer> {
  const { flow, options, dataSha256, preparedSha256, steps, validationEvery, anchors, recoveries } = record
  const tensors = [
    ...DOUBLES.flatMap((name) => tensorOf(name, record[name])),
    ...REALS.flatMap((name) => tensorOf(name, record[name])),
    ...anchors.flatMap((anchor, i) => REALS.flatMap((name) => tensorOf(ofAnchor(i, name), anchor[name]))),
  ]
  const texts = { flow, options: JSON.stringify(options), dataSha256, preparedSha256, steps: String(steps) }
  const more = {
    validationEvery: String(validationEvery),
    anchors: JSON.stringify(anchors.map(({ step }) => step)),
    recoveries: JSON.stringify(recoveries),
  }
  return sealed(tensors, { ...texts, ...more })
}

const ofAnchor = (anchor: number, name: string) => `anchor${anchor}.${name}`

function tensorOf(name: string, data: Float32Array | Float64Array | undefined): Tensor[] {
  if (!data) return []
  const shape = [data.length]
  return [data instanceof Float64Array ? { name, dtype: 'F64', shape, data } : { name, dtype: 'F32', shape, data }]
}

/** The bytes of the checkpoint of several fits: of each the bytes of its last one, where there is one. */
export function encodeCheckpoints(members: readonly (Uint8Array | undefined)[]): Uint8Array<ArrayBuffer> {
  const tensors = members.flatMap((data, m): Tensor[] =>
    data ? [{ name: String(m), dtype: 'U8', shape: [data.length], data }] : [],
  )
  return sealed(tensors, { members: String(members.length) })
}

/**
 * Reads a checkpoint of one fit.
 * @throws FormatError where the bytes are not a whole checkpoint, of a newer format, or of several fits.
 */
export function decodeCheckpoint(bytes: Uint8Array): CheckpointRecord {
  const { tensors, metadata } = unsealed(bytes)
  if (metadata.members !== undefined) {
    throw new FormatError('This checkpoint is of an ensemble, not of one flow: resume it with fitEnsemble.')
  }
  const parsed = v.safeParse(textsSchema, metadata)
  if (!parsed.success) throw damaged(`its metadata "${v.getDotPath(parsed.issues[0])}" cannot be used`)
  const known = Object.fromEntries(tensors.map(({ name, data }) => [name, data]))
  const { losses, validation } = known
  const { steps } = parsed.output
  const doubles = losses instanceof Float64Array && validation instanceof Float64Array && losses.length === steps
  if (!doubles) throw damaged('its losses are not those of a fit')
  const Reals = known.params instanceof Float64Array ? Float64Array : Float32Array
  const anchors = parsed.output.anchors.map((step, i) => ({
    step,
    ...arraysOf(known, Reals, (name) => ofAnchor(i, name)),
  }))
  return { ...parsed.output, losses, validation, ...arraysOf(known, Reals, (name) => name), anchors }
}

/** @throws FormatError where one is not there, or of another type. */
function arraysOf(
  known: Readonly<Record<string, Tensor['data']>>,
  Reals: typeof Float32Array | typeof Float64Array,
  nameOf: (name: string) => string,
): CheckpointArrays {
  const arrays = Object.fromEntries(REALS.map((name) => [name, known[nameOf(name)]]))
  const fit = REALS.every((name) => arrays[name] instanceof Reals || (name === 'average' && arrays[name] === undefined))
  if (!fit) throw damaged('its arrays are not those of a fit')
  return arrays as unknown as CheckpointArrays
}

/**
 * Reads a checkpoint of several fits: of each the bytes of its last one.
 * @throws FormatError where the bytes are not a whole checkpoint, of a newer format, or of one fit.
 */
export function decodeCheckpoints(bytes: Uint8Array): (Uint8Array | undefined)[] {
  const { tensors, metadata } = unsealed(bytes)
  const { members } = metadata
  if (members === undefined) {
    throw new FormatError('This checkpoint is of one flow, not of an ensemble: resume it with fit.')
  }
  const parsed = v.safeParse(membersSchema, members)
  if (!parsed.success) throw damaged(`its number of members is ${echo(members)}, expected 1 to 9999`)
  const all = new Array<Uint8Array | undefined>(parsed.output).fill(undefined)
  for (const { name, data } of tensors) {
    if (!(data instanceof Uint8Array && MEMBER.test(name) && Number(name) < all.length)) {
      throw damaged(`its array ${JSON.stringify(name)} is none of a member`)
    }
    all[Number(name)] = data
  }
  return all
}

/**
 * Reads a checkpoint of one fit, or of each of several that has one, with its number.
 * @throws FormatError where the bytes are not a whole checkpoint, or of a newer format.
 */
export function decodeEach(bytes: Uint8Array): { readonly member?: number; readonly record: CheckpointRecord }[] {
  const { metadata } = unsealed(bytes)
  if (metadata.members === undefined) return [{ record: decodeCheckpoint(bytes) }]
  return decodeCheckpoints(bytes).flatMap((own, member) => (own ? [{ member, record: decodeCheckpoint(own) }] : []))
}

/**
 * How many steps a checkpoint is of, those of all members together.
 * @throws FormatError where the bytes are not a whole checkpoint, or of a newer format.
 */
export function checkpointSteps(bytes: Uint8Array): number {
  return decodeEach(bytes).reduce((sum, { record }) => sum + record.steps, 0)
}

const NO_SHA256 = '0'.repeat(64)
const SEAL = '"sha256":"'

/** A file whose metadata have the SHA-256 that it had with zeros in place of that. */
function sealed(tensors: readonly Tensor[], texts: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const metadata = { ...texts, format: FORMAT, formatVersion: String(FORMAT_VERSION), sha256: NO_SHA256 }
  const bytes = encodeSafetensors(tensors, metadata)
  Buffer.from(bytes.buffer).write(hashOf(bytes), sealAt(bytes), 'latin1')
  return bytes
}

function unsealed(bytes: Uint8Array) {
  const file = decodeSafetensors(bytes)
  const { format, formatVersion, sha256 } = file.metadata
  if (format !== FORMAT) {
    throw new FormatError(`This safetensors file is not a checkpoint: its metadata have no format "${FORMAT}".`)
  }
  if (Number(formatVersion) > FORMAT_VERSION) {
    throw new FormatError(
      `This checkpoint has format version ${formatVersion}, and this pushforward reads up to version ${FORMAT_VERSION}: update pushforward.`,
    )
  }
  if (sha256 === undefined || sha256 !== hashOf(bytes)) throw damaged('its bytes have another SHA-256 than it says')
  return file
}

/** Where the SHA-256 lies: inside other texts, quotes are escaped. */
const sealAt = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(SEAL) + SEAL.length

function hashOf(bytes: Uint8Array): string {
  const at = sealAt(bytes)
  const hash = createHash('sha256').update(bytes.subarray(0, at)).update(NO_SHA256)
  return hash.update(bytes.subarray(at + NO_SHA256.length)).digest('hex')
}

const damaged = (what: string) => new FormatError(`This checkpoint is damaged: ${what}.`)
