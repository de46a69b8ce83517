import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Damage } from './damage-bytes.js'
import { jsonChanged, jsonRetyped } from './damage-text.js'
import { type Draw, oneOf } from './draws.js'
import { hostileNumber, hostileText } from './hostile.js'

/** The header of a safetensors file changed, its length and padding those of what it has become. */
export function header(change: (json: string, draw: Draw) => string): Damage {
  return (bytes, draw) => {
    const end = 8 + bytes.readUInt32LE(0)
    const json = Buffer.from(change(bytes.toString('utf8', 8, end).trimEnd(), draw))
    const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')])
    const length = Buffer.alloc(8)
    length.writeUInt32LE(padded.length)
    return Buffer.concat([length, padded, bytes.subarray(end)])
  }
}

/** A text of the metadata that is JSON itself, such as the architecture, changed within. */
export function described(json: string, draw: Draw): string {
  const parsed = JSON.parse(json)
  const texts = Object.entries<string>(parsed.__metadata__).filter(([, text]) => /^[[{]/.test(text))
  if (texts.length === 0) return jsonRetyped(json, draw)
  const [key, text] = oneOf(draw, texts)
  parsed.__metadata__[key] = (draw(3) === 0 ? jsonChanged : jsonRetyped)(text, draw)
  return JSON.stringify(parsed)
}

/** Numbers that no model has, or that are finite and cannot be. */
export const numbers: Damage = (bytes, draw) => {
  const copy = Buffer.from(bytes)
  const start = 8 + bytes.readUInt32LE(0)
  const hostile = [0, -0, -1, 1e-300, 5e-324, 1e300, -1e300, 3.4e38, -3.4e38, 1e-38, NaN, Infinity, 100, -100]
  for (let i = draw(3); i >= 0; i--) {
    const at = start + 4 * draw(Math.floor((bytes.length - start) / 4))
    if (draw(2) === 0) copy.writeFloatLE(oneOf(draw, hostile), Math.min(at, copy.length - 4))
    else copy.writeDoubleLE(oneOf(draw, hostile), Math.min(start + 8 * Math.floor((at - start) / 8), copy.length - 8))
  }
  return copy
}

const SEAL = '"sha256":"'

/** The same damage to a checkpoint, whose SHA-256 then is again that of its bytes. */
export function sealed(damage: Damage): Damage {
  return (bytes, draw) => {
    const copy = Buffer.from(damage(bytes, draw))
    const at = copy.indexOf(SEAL) + SEAL.length
    if (at < SEAL.length || at + 64 > copy.length) return copy
    copy.write('0'.repeat(64), at, 'latin1')
    copy.write(createHash('sha256').update(copy).digest('hex'), at, 'latin1')
    return copy
  }
}

/** What is packed damaged, and packed again; now and then several times, or so that it unpacks to a thousand times its size. */
export function packed(damage: Damage): Damage {
  return (bytes, draw) => {
    const within = draw(200) === 0 ? Buffer.alloc(2 ** 22, oneOf(draw, ['1,2,3\n', '\n', '[', '1', '"'])) : undefined
    let out = gzipSync(within ?? damage(gunzipSync(bytes), draw), { level: 1 })
    for (let depth = draw(20) === 0 ? draw(7) : 0; depth > 0; depth--) out = gzipSync(out, { level: 1 })
    return out
  }
}

const DTYPES = [
  '<f8',
  '>f8',
  '<f4',
  '<f2',
  '<f16',
  '<i8',
  '<u8',
  '|b1',
  '|O',
  '<U4',
  '|S8',
  '<c16',
  '<M8[ns]',
  '|V8',
  '<U99999999',
]
const SHAPES = [
  '()',
  '(0,)',
  '(60,)',
  '(60, 3)',
  '(180,)',
  '(1, 180)',
  '(-1, 3)',
  '(60, 3, 1)',
  '(1e9, 1)',
  '(99999999999, 3)',
]

/** The header of a .npy array with another dtype, shape or order, its length that of the text. */
export const npyHeader: Damage = (bytes, draw) => {
  const end = 10 + bytes.readUInt16LE(8)
  const text = bytes.toString('latin1', 10, end)
  const changed = [
    () => text.replace(/'descr': (?:'[^']*'|\[.*\])/, `'descr': '${oneOf(draw, DTYPES)}'`),
    () => text.replace(/\([\d, ]*\)/, oneOf(draw, SHAPES)),
    () => text.replace(/\d+/, hostileNumber(draw)),
    () => text.replace(/'[^']*'/, `'${hostileText(draw).slice(0, 60_000)}'`),
    () =>
      text.replace(
        /'descr': '[^']*'/,
        `'descr': [('a', '${oneOf(draw, DTYPES)}'), ('${oneOf(draw, ['a', '', 'b'])}', '<f8', (${draw(9)},))]`,
      ),
    () => text.replace('True', 'False').replace('False', oneOf(draw, ['True', 'None', '0', '[]'])),
    () =>
      `${oneOf(
        draw,
        ['(', '[', '{'].map((sign) => sign.repeat(1 + draw(20_000))),
      )}${text}`,
    () => text.replace('}', ''),
  ][draw(8)]()
  const header = Buffer.from(changed.slice(0, 65_535), 'latin1')
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  return Buffer.concat([bytes.subarray(0, 8), length, header, bytes.subarray(end)])
}
