import { asError, echo, FormatError, UsageError } from '../errors.js'

/*
 * The file: 8 bytes little-endian length of the header · header (JSON, padded with spaces) · the tensors' bytes.
 * Source: section "Format" of the README of huggingface/safetensors, whose own reader opens what is written here.
 * Numbers go between typed arrays and the file as they lie in memory: little-endian hosts only.
 */

const DTYPE_BYTES = { F32: 4, F64: 8, I32: 4, U8: 1 } as const
/** Element types this codec knows; the format has more. */
export type Dtype = keyof typeof DTYPE_BYTES

/** A named array; `data` holds the product of `shape` elements, row-major. */
export type Tensor = { readonly name: string; readonly shape: readonly number[] } & (
  | { readonly dtype: 'F32'; readonly data: Float32Array }
  | { readonly dtype: 'F64'; readonly data: Float64Array }
  | { readonly dtype: 'I32'; readonly data: Int32Array }
  | { readonly dtype: 'U8'; readonly data: Uint8Array }
)

/** What a file holds: tensors in the order of their bytes, and text by key. */
export interface Safetensors {
  readonly tensors: Tensor[]
  readonly metadata: Record<string, string>
}

const LENGTH_BYTES = 8
/** Tensor bytes begin on a multiple of this, so that a reader may view the first of them in place. */
const ALIGNMENT = 8
/** The official reader's limit, which keeps a damaged length from asking for gigabytes. */
const MAX_HEADER_BYTES = 100_000_000
const METADATA = '__metadata__'
const SPACE = 0x20
const TWO_POW_32 = 4294967296

/**
 * The bytes of a safetensors file, tensors in the given order, metadata keys sorted: equal content gives equal bytes.
 *
 * Throws UsageError for a name that is reserved or used twice, or data that does not fit its type and shape.
 */
export function encodeSafetensors(
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(headerJson(tensors, metadata))
  const dataStart = Math.ceil((LENGTH_BYTES + header.length) / ALIGNMENT) * ALIGNMENT
  const size = tensors.reduce((sum, { data }) => sum + data.byteLength, dataStart)
  const bytes = new Uint8Array(size).fill(SPACE, LENGTH_BYTES, dataStart)
  new DataView(bytes.buffer).setUint32(0, dataStart - LENGTH_BYTES, true)
  bytes.set(header, LENGTH_BYTES)
  let at = dataStart
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

/** Written by hand: JSON.stringify would put names such as "0" before the others. */
function headerJson(tensors: readonly Tensor[], metadata: Readonly<Record<string, string>>): string {
  const entries: string[] = []
  const keys = Object.keys(metadata).sort()
  const texts = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`)
  if (texts.length > 0) entries.push(`"${METADATA}":{${texts.join(',')}}`)
  const names = new Set<string>([METADATA])
  let at = 0
  for (const { name, dtype, shape, data } of tensors) {
    const quoted = JSON.stringify(name)
    if (names.has(name)) throw new UsageError(`The tensor name ${quoted} is reserved or used twice.`)
    names.add(name)
    const size = byteSize(dtype, shape)
    if (data.byteLength !== size) {
      throw new UsageError(
        `Tensor ${quoted}, ${dtype} of shape [${shape.join(', ')}], needs ${size} bytes; its data have ${data.byteLength}.`,
      )
    }
    entries.push(`${quoted}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${at},${at + size}]}`)
    at += size
  }
  return `{${entries.join(',')}}`
}

function byteSize(dtype: Dtype, shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, DTYPE_BYTES[dtype])
}

/**
 * Reads the bytes of a safetensors file; the tensors are copies.
 *
 * Throws FormatError for anything but a complete, consistent file: the tensors must fill the bytes after the header
 * without hole, overlap or rest.
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  if (bytes.length < LENGTH_BYTES) refuse(`it has ${bytes.length} bytes, not even a header's length`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(4, true) * TWO_POW_32 + view.getUint32(0, true)
  if (length > MAX_HEADER_BYTES) refuse(`it announces a header of ${length} bytes`)
  const body = bytes.subarray(LENGTH_BYTES + length)
  if (LENGTH_BYTES + length > bytes.length)
    refuse(`it ends inside its header of ${length} bytes (cut short? Copy it anew)`)
  const { [METADATA]: metadata, ...entries } = parseHeader(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length))
  const spans = Object.entries(entries).map(([name, entry]) => readSpan(name, entry))
  let reached = 0
  const tensors: Tensor[] = []
  for (const { name, dtype, shape, begin, end } of spans.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const quoted = `tensor ${JSON.stringify(name)}`
    if (begin < reached) refuse(`${quoted} begins at byte ${begin}, inside the one before it, which ends at ${reached}`)
    if (begin > reached) refuse(`nothing lies between byte ${reached} and ${quoted} at ${begin}`)
    if (end > body.length)
      refuse(`${quoted} ends at byte ${end}, but only ${body.length} are there (cut short? Copy it anew)`)
    // A new array rather than slice(), which shares memory where the bytes are a Node Buffer.
    tensors.push(typed(name, dtype, shape, new Uint8Array(body.subarray(begin, end)).buffer))
    reached = end
  }
  if (reached < body.length) refuse(`${body.length - reached} bytes follow the last tensor`)
  return { tensors, metadata: readMetadata(metadata) }
}

function refuse(reason: string): never {
  throw new FormatError(`Not a valid safetensors file: ${reason}.`)
}

function typed(name: string, dtype: Dtype, shape: number[], buffer: ArrayBuffer): Tensor {
  if (dtype === 'F32') return { name, dtype, shape, data: new Float32Array(buffer) }
  if (dtype === 'F64') return { name, dtype, shape, data: new Float64Array(buffer) }
  if (dtype === 'I32') return { name, dtype, shape, data: new Int32Array(buffer) }
  return { name, dtype, shape, data: new Uint8Array(buffer) }
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown
  let json = ''
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    header = JSON.parse(json)
  } catch (error) {
    refuse(`its header is not JSON text (${asError(error).message})`)
  }
  if (!isObject(header)) refuse('its header is not a JSON object')
  const twice = duplicateKey(json)
  if (twice !== undefined) refuse(`its header names ${JSON.stringify(twice)} twice`)
  return header
}

/** The first key that an object anywhere in valid JSON text holds twice: JSON.parse silently keeps the last one. */
function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = []
  let last = ''
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}:]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (token === ':') {
      const key: string = JSON.parse(last)
      const keys = open[open.length - 1]
      if (keys.has(key)) return key
      keys.add(key)
    }
    last = token
  }
  return undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readMetadata(value: unknown): Record<string, string> {
  const metadata = value ?? {}
  if (!isObject(metadata)) refuse(`its ${METADATA} is not an object`)
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text !== 'string') refuse(`its metadata ${JSON.stringify(key)} is not text`)
  }
  return metadata as Record<string, string>
}

function readSpan(
  name: string,
  entry: unknown,
): { name: string; dtype: Dtype; shape: number[]; begin: number; end: number } {
  const quoted = `tensor ${JSON.stringify(name)}`
  if (!isObject(entry)) refuse(`${quoted} is not an object`)
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isDtype(dtype)) refuse(`${quoted} has an element type not known here, ${echo(dtype)}`)
  if (!isCounts(shape)) refuse(`the shape of ${quoted} is ${echo(shape)}, not a list of sizes`)
  if (!isCounts(offsets) || offsets.length !== 2) refuse(`the offsets of ${quoted} are ${echo(offsets)}`)
  const [begin, end] = offsets
  if (end - begin !== byteSize(dtype, shape)) {
    refuse(`${quoted}, ${dtype} of shape [${shape.join(', ')}], cannot lie in bytes ${begin} to ${end}`)
  }
  return { name, dtype, shape, begin, end }
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(DTYPE_BYTES, value)
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0)
}
