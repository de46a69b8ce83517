import type { Matrix } from '../data/rows.js'
import type { Scaler } from '../data/scaler.js'
import { PURPOSE } from '../random/purposes.js'
import { randomStream } from '../random/stream.js'
import { contextPart } from './context.js'
import type { Evaluator } from './evaluator.js'
import { type SampleDraw, sampleInto } from './stream-rows.js'

/** What draws the rows of one member: an evaluator with its numbers, and its scaler. */
export interface MemberDraw {
  readonly evaluator: Evaluator
  readonly scaler: Scaler
}

/**
 * Rows of a mixture's sample in original units → out [rows, dim], as many as fit, each given its context, or the one there
 * is. Row i is row i of the sample that one of the members draws with this seed; which one, each with the same chance,
 * the seed and i say. So a row does not know which others are drawn.
 */
export function sampleMembersInto(
  members: number,
  draw: SampleDraw,
  out: Float64Array,
  dim: number,
  context: Matrix | undefined,
  memberAt: (member: number) => MemberDraw,
): void {
  if (members === 1) {
    const { evaluator, scaler } = memberAt(0)
    sampleInto(evaluator, scaler, draw, out, context)
    return
  }
  const chosen = chosenMembers(members, draw.seed, draw.firstRow, out.length / dim)
  for (let member = 0; member < members; member++) {
    if (chosen.includes(member)) sampleMemberInto(memberAt(member), member, chosen, draw, out, context)
  }
}

/** The member of each of `count` rows. */
export function chosenMembers(members: number, seed: number, firstRow: number, count: number): Uint8Array {
  const stream = randomStream(seed, PURPOSE.member, firstRow)
  const chosen = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    stream.seek(firstRow + i)
    chosen[i] = stream.integer(members)
  }
  return chosen
}

/** The rows of one member: the noise of all is drawn, that of its own rows goes back through the flow. */
function sampleMemberInto(
  { evaluator, scaler }: MemberDraw,
  member: number,
  chosen: Uint8Array,
  { seed, firstRow, temperature }: SampleDraw,
  out: Float64Array,
  context: Matrix | undefined,
): void {
  const { dim } = evaluator.structure
  evaluator.setScaler(scaler)
  for (let first = 0; first < chosen.length; first += evaluator.chunkRows) {
    const count = Math.min(evaluator.chunkRows, chosen.length - first)
    const part = context && contextPart(context, first, count)
    if (part) evaluator.loadContext(part)
    evaluator.sampleNoise(count, seed, firstRow + first, temperature)
    const own = indicesOf(chosen.subarray(first, first + count), member)
    if (own.length === 0) continue
    moveRows(evaluator.rows, own, dim)
    if (part && context && context.rows > 1) evaluator.loadContext(rowsOf(part, own, context.columns))
    evaluator.inverse(own.length)
    putRows(evaluator.unloadRows(own.length), own, out.subarray(first * dim), dim)
  }
}

function indicesOf(chosen: Uint8Array, member: number): Int32Array {
  const indices = new Int32Array(chosen.length)
  let count = 0
  for (let i = 0; i < chosen.length; i++) if (chosen[i] === member) indices[count++] = i
  return indices.subarray(0, count)
}

/** Rows `own`, which ascend, to the front. */
function moveRows(rows: Float32Array | Float64Array, own: Int32Array, dim: number): void {
  for (let i = 0; i < own.length; i++) for (let j = 0; j < dim; j++) rows[i * dim + j] = rows[own[i] * dim + j]
}

function rowsOf(rows: Matrix['data'], own: Int32Array, columns: number): Matrix['data'] {
  const taken = rows.slice()
  moveRows(taken, own, columns)
  return taken.subarray(0, own.length * columns)
}

function putRows(rows: Float64Array, own: Int32Array, out: Float64Array, dim: number): void {
  for (let i = 0; i < own.length; i++) for (let j = 0; j < dim; j++) out[own[i] * dim + j] = rows[i * dim + j]
}
