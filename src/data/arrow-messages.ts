import type { DataType, Field, Message, Type } from 'apache-arrow'
import { DataError } from '../errors.js'
import { checkMessage } from './arrow-metadata.js'
import type { Bytes } from './bytes.js'

const MAGIC = 'ARROW1'
/** Of a file, its magic and padding. */
const FILE_START = 8
const CONTINUATION = -1
/** What apache-arrow calls the type of what is in a dictionary. */
const DICTIONARY = -1 satisfies Type.Dictionary

interface RecordBatchMetadata {
  readonly length: number
  readonly nodes: readonly { readonly length: number }[]
}

/** What a message says of itself is a few hundred bytes a column. */
const MOST_METADATA = 2 ** 28

/** Whether the bytes are of the file format, whose end repeats its magic. */
function isFile(bytes: Bytes): boolean {
  return textAt(bytes, 0) === MAGIC
}

function textAt(bytes: Bytes, at: number): string {
  return at < 0 || at + MAGIC.length > bytes.size ? '' : String.fromCharCode(...bytes.read(at, MAGIC.length))
}

/**
 * The messages of Arrow IPC bytes, in either format, as those of a stream: a file is a stream with a magic before it and a
 * directory behind. What their lengths say is checked before anything of that length is read.
 *
 * Source: Arrow columnar format, 1.5, "Encapsulated message format". Throws DataError where the bytes end earlier.
 */
export function* arrowMessages(
  bytes: Bytes,
  source: string,
  decode: (metadata: Uint8Array) => Message,
): Generator<Uint8Array> {
  if (isFile(bytes) && textAt(bytes, bytes.size - MAGIC.length) !== MAGIC) throw cutOff(source)
  let at = isFile(bytes) ? FILE_START : 0
  let fields: readonly Field[] = []
  for (;;) {
    const first = intAt(bytes, at, source)
    // Before version 0.15 the length came at once.
    const head = first === CONTINUATION ? 8 : 4
    const length = first === CONTINUATION ? intAt(bytes, at + 4, source) : first
    if (length === 0) return
    if (length < 0 || length > MOST_METADATA || at + head + length > bytes.size) throw cutOff(source)
    const metadata = bytes.read(at + head, length)
    checkMessage(metadata)
    const message = decode(metadata.slice())
    if (message.isSchema()) fields = message.header().fields
    if (message.isRecordBatch()) checkLengths(message.header(), fields)
    const body = Number(message.bodyLength)
    if (body < 0 || at + head + length + body > bytes.size) throw cutOff(source)
    yield bytes.read(at, head)
    yield metadata
    if (body > 0) yield bytes.read(at + head + length, body)
    at += head + length + body
  }
}

/** Throws RangeError where a column has not as many values as the batch has rows: a reader makes room for what is missing. */
function checkLengths({ length, nodes }: RecordBatchMetadata, fields: readonly Field[]): void {
  let at = 0
  for (const field of fields) {
    if (nodes[at]?.length !== length)
      throw new RangeError(`a column of another length than the ${length} rows of its batch`)
    at += nodesOf(field.type)
  }
}

/** How many columns of a batch are a field's, those within it included. */
function nodesOf(type: DataType): number {
  // Of what is in a dictionary a batch has the places alone.
  if (type.typeId === DICTIONARY) return 1
  return (type.children ?? []).reduce((sum, { type }) => sum + nodesOf(type), 1)
}

function intAt(bytes: Bytes, at: number, source: string): number {
  if (at + 4 > bytes.size) throw cutOff(source)
  return new DataView(bytes.read(at, 4).buffer).getInt32(0, true)
}

function cutOff(source: string): DataError {
  return new DataError(`${source}: Arrow data that end before they are complete. Is the file whole?`)
}
