import { DataError } from '../errors.js'
import type { Literal } from './python-literal.js'

/** How a number or text of a .npy file lies in its bytes. */
export interface NpyType {
  /** Bytes. */
  readonly size: number
  readonly numeric: boolean
  read(view: DataView, at: number): unknown
}

/** A column of a row of bytes. */
export interface NpyField {
  /** Undefined where it has none. */
  readonly name: string | undefined
  readonly type: NpyType
  /** Bytes before it in a row. */
  readonly offset: number
}

const DTYPE = /^([<>|=])?([?bBiufcUSVOMm])(\d*)(?:\[(\d*)(\w+)\])?$/
/** A text of more bytes is none of a table. */
const MOST_BYTES = 2 ** 20
/** Milliseconds of a unit of datetime64. */
const MILLISECONDS: Readonly<Record<string, number>> = {
  W: 604_800_000,
  D: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  ns: 1e-6,
}
const WAYS: Readonly<Record<string, string>> = {
  O: 'Python objects, which only running code can read: save numbers, array.astype(float)',
  c: 'complex numbers: save their real and imaginary parts as columns of their own',
  V: 'bytes of no kind: save numbers',
}

/** The fields of a row by a dtype: one without a name, or those of a structured one, whose lists of numbers become several. */
export function npyFields(descr: Literal, source: string): NpyField[] {
  if (typeof descr === 'string') return [{ name: undefined, type: npyType(descr, source), offset: 0 }]
  if (!Array.isArray(descr)) throw unknown(descr, source)
  const fields: NpyField[] = []
  let offset = 0
  for (const entry of descr) {
    const [title, format, shape] = Array.isArray(entry) ? entry : []
    const name = Array.isArray(title) ? title[1] : title
    if (typeof name !== 'string' || typeof format !== 'string') throw unknown(entry, source)
    const [, , kind, digits] = DTYPE.exec(format) ?? []
    if (kind === 'V' && name === '') {
      offset += Number(digits)
      continue
    }
    const type = npyType(format, source)
    const count = shape === undefined ? 1 : countOf(shape, source)
    for (let i = 0; i < count; i++) {
      fields.push({ name: shape === undefined ? name : `${name}${i + 1}`, type, offset: offset + i * type.size })
    }
    offset += count * type.size
  }
  return fields
}

/** Bytes of a row by a dtype. */
export function rowBytes(descr: Literal, fields: readonly NpyField[]): number {
  const padding = Array.isArray(descr)
    ? descr
        .filter((entry) => Array.isArray(entry) && entry[0] === '')
        .map((entry) => Number(String((entry as Literal[])[1]).slice(2)))
    : []
  return fields.reduce((sum, { type }) => sum + type.size, 0) + padding.reduce((sum, bytes) => sum + bytes, 0)
}

/** Numbers of a field that is a list of them. */
function countOf(shape: Literal, source: string): number {
  const count = Array.isArray(shape) && shape.length === 1 ? shape[0] : shape
  if (typeof count === 'number' && count >= 1 && count <= 2 ** 16) return count
  throw unknown(shape, source)
}

function npyType(dtype: string, source: string): NpyType {
  const [, order, kind, digits, step, unit] = DTYPE.exec(dtype) ?? []
  const little = order !== '>'
  const size = kind === '?' ? 1 : Number(digits) * (kind === 'U' ? 4 : 1)
  if (kind === 'b' || kind === '?') {
    if (size === 1) return { size, numeric: false, read: (view, at) => view.getUint8(at) !== 0 }
  } else if (kind === 'U' || kind === 'S') {
    if (size <= MOST_BYTES) return textType(kind, size, little)
  } else if (kind === 'M' && MILLISECONDS[unit] !== undefined && size === 8) {
    const scale = Number(step || 1) * MILLISECONDS[unit]
    return {
      size,
      numeric: false,
      read: (view, at) => new Date(Math.floor(Number(view.getBigInt64(at, little)) * scale)),
    }
  } else {
    const read = numberReader(kind, size, little)
    if (read) return { size, numeric: true, read }
  }
  const way =
    WAYS[kind] ?? (kind === 'f' ? 'numbers of a size that only numpy has: save array.astype(float)' : 'no numbers')
  throw new DataError(`${source}: its dtype ${JSON.stringify(dtype)} stands for ${way}.`)
}

function textType(kind: string, size: number, little: boolean): NpyType {
  const width = kind === 'U' ? 4 : 1
  function read(view: DataView, at: number): string {
    let text = ''
    for (let i = at; i < at + size; i += width) {
      const code = width === 1 ? view.getUint8(i) : view.getUint32(i, little)
      text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
    }
    return text.replace(/\0+$/, '')
  }
  return { size, numeric: false, read }
}

function numberReader(kind: string, size: number, little: boolean): NpyType['read'] | undefined {
  switch (`${kind}${size}`) {
    case 'i1':
      return (view, at) => view.getInt8(at)
    case 'i2':
      return (view, at) => view.getInt16(at, little)
    case 'i4':
      return (view, at) => view.getInt32(at, little)
    case 'i8':
      return (view, at) => view.getBigInt64(at, little)
    case 'u1':
      return (view, at) => view.getUint8(at)
    case 'u2':
      return (view, at) => view.getUint16(at, little)
    case 'u4':
      return (view, at) => view.getUint32(at, little)
    case 'u8':
      return (view, at) => view.getBigUint64(at, little)
    case 'f2':
      return (view, at) => halfToNumber(view.getUint16(at, little))
    case 'f4':
      return (view, at) => view.getFloat32(at, little)
    case 'f8':
      return (view, at) => view.getFloat64(at, little)
    default:
      return undefined
  }
}

/** float16: (−1)ˢ 2ᵉ⁻¹⁵ (1 + f/1024), subnormal where e = 0, infinite or NaN where e = 31. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}

function unknown(literal: unknown, source: string): DataError {
  return new DataError(
    `${source}: its dtype has ${JSON.stringify(literal)?.slice(0, 60)}; expected numbers, or fields of a name and numbers each.`,
  )
}
