/** Fields within fields, at most. */
const DEEPEST = 32
/** Values that a dictionary can have, and rows that a batch can: as many as can be held. */
const MOST_LENGTH = { dictionary: 2 ** 24, batch: 2 ** 31 }
const HEADER = { schema: 1, dictionary: 2, batch: 3 }
const UNION = 14
const BYTES = { table: 4, keyValue: 4, node: 16, buffer: 16, int64: 8, int32: 4 }

/**
 * Walks over the tables of a message's metadata that a reader follows, and holds their lengths to the bytes that are there.
 * Source: Arrow's format/Message.fbs and Schema.fbs, FlatBuffers' internals. Throws RangeError where they do not fit.
 */
export function checkMessage(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Each table has four bytes at least, so that more are the same ones again and again.
  let tables = bytes.length / BYTES.table

  /** Where a field of a table lies; 0 where it has none. */
  function fieldAt(table: number, field: number): number {
    const vtable = table - view.getInt32(table, true)
    const slot = 4 + 2 * field
    if (slot >= view.getUint16(vtable, true)) return 0
    const offset = view.getUint16(vtable + slot, true)
    return offset === 0 ? 0 : table + offset
  }
  /** Where what a field points at lies; 0 where it has none. */
  function follow(table: number, field: number): number {
    const at = fieldAt(table, field)
    if (at === 0) return 0
    if (--tables < 0) throw new RangeError('metadata that repeat themselves')
    return at + view.getUint32(at, true)
  }
  /** The length of a vector, whose elements are all there. */
  function lengthOf(at: number, elementBytes: number): number {
    if (at === 0) return 0
    const length = view.getUint32(at, true)
    if (length * elementBytes > view.byteLength - at - 4) throw new RangeError(`metadata with a list of ${length}`)
    return length
  }
  function fields(at: number, depth: number): void {
    if (depth > DEEPEST) throw new RangeError('fields within fields without end')
    const length = lengthOf(at, BYTES.table)
    for (let i = 0; i < length; i++) {
      if (--tables < 0) throw new RangeError('metadata that repeat themselves')
      const slot = at + 4 + 4 * i
      const field = slot + view.getUint32(slot, true)
      const typeAt = fieldAt(field, 2)
      const type = follow(field, 3)
      if (typeAt > 0 && view.getUint8(typeAt) === UNION && type > 0) lengthOf(follow(type, 1), BYTES.int32)
      fields(follow(field, 5), depth + 1)
      lengthOf(follow(field, 6), BYTES.keyValue)
    }
  }
  function batch(table: number, most: number): void {
    const at = fieldAt(table, 0)
    const length = at === 0 ? 0 : Number(view.getBigInt64(at, true))
    if (length < 0 || length > most) throw new RangeError(`a batch of ${length} rows`)
    lengthOf(follow(table, 1), BYTES.node)
    lengthOf(follow(table, 2), BYTES.buffer)
    lengthOf(follow(table, 4), BYTES.int64)
  }
  const message = view.getUint32(0, true)
  const typeAt = fieldAt(message, 1)
  const type = typeAt === 0 ? 0 : view.getUint8(typeAt)
  const header = follow(message, 2)
  lengthOf(follow(message, 4), BYTES.keyValue)
  if (header === 0) throw new RangeError('metadata without a header')
  if (type === HEADER.schema) {
    fields(follow(header, 1), 0)
    lengthOf(follow(header, 2), BYTES.keyValue)
    lengthOf(follow(header, 3), BYTES.int64)
  } else if (type === HEADER.batch) batch(header, MOST_LENGTH.batch)
  else if (type === HEADER.dictionary) {
    const data = follow(header, 1)
    if (data === 0) throw new RangeError('a dictionary without values')
    batch(data, MOST_LENGTH.dictionary)
  } else throw new RangeError(`metadata of kind ${type}`)
}
