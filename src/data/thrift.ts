/** Numbers (1 and 0 for true and false) and structs of a struct, by field; what else it has is passed over. */
export type Fields = ReadonlyMap<number, number | Fields>

/** Structs within structs, at most. */
const DEEPEST = 32
const [STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12]
/** Bytes of the longest number. */
const MOST_VARINT = 10

/**
 * Reads a struct of Thrift's compact protocol and where it ends, with every length held to the bytes that are there.
 * Source: thrift/doc/specs/thrift-compact-protocol.md. Throws RangeError where they are not, or it is none.
 */
export function readStruct(view: DataView, from: number): { fields: Fields; end: number } {
  let at = from
  function byte(): number {
    if (at >= view.byteLength) throw new RangeError('it ends within a struct')
    return view.getUint8(at++)
  }
  function varint(): number {
    let value = 0
    for (let i = 0; i < MOST_VARINT; i++) {
      const next = byte()
      value += (next & 127) * 2 ** (7 * i)
      if (next < 128) return value
    }
    throw new RangeError('a number without end')
  }
  /** 0, −1, 1, −2, … */
  function zigzag(): number {
    const value = varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  function pass(length: number): void {
    if (length > view.byteLength - at) throw new RangeError(`${length} bytes where ${view.byteLength - at} are left`)
    at += length
  }
  function value(type: number, depth: number): number | Fields | undefined {
    switch (type) {
      case TRUE:
        return 1
      case FALSE:
        return 0
      case BYTE:
        return byte()
      case I16:
      case I32:
      case I64:
        return zigzag()
      case DOUBLE:
        return void pass(8)
      case BINARY:
        return void pass(varint())
      case LIST:
        return void list(depth)
      case STRUCT:
        return struct(depth + 1)
      default:
        throw new RangeError(`a field of type ${type}`)
    }
  }
  function list(depth: number): void {
    const head = byte()
    const short = head >> 4
    const length = short === 15 ? varint() : short
    // Each element has a byte at least.
    if (length > view.byteLength - at)
      throw new RangeError(`a list of ${length} where ${view.byteLength - at} bytes are left`)
    const type = head & 15
    for (let i = 0; i < length; i++) value(type === TRUE || type === FALSE ? BYTE : type, depth)
  }
  function struct(depth: number): Fields {
    if (depth > DEEPEST) throw new RangeError('structs within structs without end')
    const fields = new Map<number, number | Fields>()
    let field = 0
    for (let head = byte(); (head & 15) !== STOP; head = byte()) {
      const step = head >> 4
      field = step === 0 ? zigzag() : field + step
      const found = value(head & 15, depth)
      if (found !== undefined) fields.set(field, found)
    }
    return fields
  }
  const fields = struct(0)
  return { fields, end: at }
}
