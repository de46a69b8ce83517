import * as v from 'valibot'
import { echo, FormatError } from '../errors.js'
import {
  checkFormat,
  FORMAT,
  type KeptScores,
  MISSING_VERSION,
  type ModelRecord,
  readRecord,
  readTexts,
  recordParts,
  scoresSchema,
  TABLE_VERSION,
  versionOfTable,
  versionTexts,
} from './model-file.js'
import { decodeSafetensors, encodeSafetensors, type Tensor } from './safetensors.js'
import { damaged } from './scaler-tensors.js'

/** Of a file that holds several flows, each with all that a file of its own would have, under a prefix. */
export const ENSEMBLE_VERSION = 3
/** Members of a file, at most. */
const MOST_MEMBERS = 64
/** Before the names of a member's tensors and texts: its number, counted from 0. */
const prefix = (member: number) => `member.${member}.`
const PREFIXED = /^member\.(0|[1-9]\d?)\.(.+)$/s

const membersSchema = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d?$/),
  v.transform(Number),
  v.check((members) => members <= MOST_MEMBERS),
)

/** What is of the mixture alone. */
const mixtureSchema = v.object({ scores: v.optional(scoresSchema) })

/** The bytes of a model file with several flows: safetensors, all float64 tensors first. */
export function encodeMembers(records: readonly ModelRecord[], scores: KeptScores | undefined): Uint8Array {
  const members = records.map((record, m) => {
    const { doubles, reals, texts } = recordParts(record)
    const named = (tensors: readonly Tensor[]) =>
      tensors.map((tensor) => ({ ...tensor, name: prefix(m) + tensor.name }))
    const entries = Object.entries(texts).map(([key, text]) => [prefix(m) + key, text])
    return { doubles: named(doubles), reals: named(reals), texts: Object.fromEntries(entries) as typeof texts }
  })
  return encodeSafetensors([...members.flatMap(({ doubles }) => doubles), ...members.flatMap(({ reals }) => reals)], {
    format: FORMAT,
    ...versionTexts(
      Math.max(...records.map(({ table }) => (table === undefined ? ENSEMBLE_VERSION : versionOfTable(table)))),
    ),
    members: String(members.length),
    ...(scores && { scores: JSON.stringify(scores) }),
    ...Object.assign({}, ...members.map(({ texts }) => texts)),
  })
}

/**
 * Reads a model file of one flow or of several: one record, or all members' in `members`.
 * @throws FormatError as `decodeModel`, and where there are not 1 to 64 members, all of them whole.
 */
export function decodeFile(
  bytes: Uint8Array,
):
  | { readonly flow: ModelRecord }
  | { readonly members: readonly ModelRecord[]; readonly scores: KeptScores | undefined } {
  const { tensors, metadata } = decodeSafetensors(bytes)
  const version = checkFormat(metadata, MISSING_VERSION)
  if (version < ENSEMBLE_VERSION || (version >= TABLE_VERSION && metadata.members === undefined))
    return { flow: readRecord(tensors, metadata, version) }
  const parsed = v.safeParse(membersSchema, metadata.members)
  if (!parsed.success) {
    throw damaged(`its number of members is ${echo(metadata.members)}, expected 1 to ${MOST_MEMBERS}`)
  }
  const parts = Array.from({ length: parsed.output }, () => ({
    tensors: [] as Tensor[],
    texts: {} as Record<string, string>,
  }))
  for (const tensor of tensors) {
    const [, member, name] = PREFIXED.exec(tensor.name) ?? []
    const part = parts[Number(member)]
    if (!part) throw damaged(`its tensor "${tensor.name}" belongs to none of its members`)
    part.tensors.push({ ...tensor, name })
  }
  for (const [key, text] of Object.entries(metadata)) {
    const [, member, name] = PREFIXED.exec(key) ?? []
    const part = parts[Number(member)]
    if (part) Object.defineProperty(part.texts, name, { value: text, enumerable: true })
  }
  return {
    members: parts.map(({ tensors, texts }, m) => ofMember(m, () => readRecord(tensors, texts, version))),
    scores: readTexts(mixtureSchema, metadata).scores,
  }
}

/** What is wrong with a member, with its number. */
export function ofMember<Result>(member: number, read: () => Result): Result {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new FormatError(`Member ${member} (counted from 0): ${cause.message}`, { cause })
  }
}
