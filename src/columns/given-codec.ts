import { RowCodec } from './table-codec.js'

/** The codec of the columns that the others are given, alone: its rows are contexts of the flow. */
export function givenCodec({ codec }: RowCodec): RowCodec {
  const { columns, given, seed } = codec
  return new RowCodec({ columns: columns.filter(({ name }) => given.includes(name)), given, seed })
}
