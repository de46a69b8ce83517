import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { decodeModel, encodeModel, logProbOfTable, parseTypedTable } from 'pushforward'
import { describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors } from '#io/safetensors.js'
import { pushforward } from '../cli/run.js'

const place = (path: string) => new URL(`../fixtures/released/${path}`, import.meta.url)

interface Expected {
  readonly rows: number[][]
  readonly context?: number[][]
  readonly table?: string
  readonly logProb: number[]
  readonly sample: number[]
}

/** What a build of its time said of every model, by folder and name. */
const models: [format: string, name: string, expected: Expected][] = []
for (const format of ['v1', 'v2', 'v3', 'v4', 'v5']) {
  const all = JSON.parse(await readFile(place(`${format}/expected.json`), 'utf8'))
  for (const [name, expected] of Object.entries<Expected>(all)) models.push([format, name, expected])
}
const bytesOf = (format: string, name: string) => readFile(place(`${format}/${name}.safetensors`))

describe('a model file of format', () => {
  test.each(models)(
    '%s, %s, opens and scores and samples to the bit as when it was written',
    async (format, name, was) => {
      const bytes = await bytesOf(format, name)
      expect(`v${decodeSafetensors(bytes).metadata.formatVersion}`).toBe(format)
      const model = decodeModel(bytes)
      const given = was.context && { context: was.context }
      const logProb = was.table
        ? await logProbOfTable(model, parseTypedTable(was.table))
        : model.logProb(was.rows, given)
      expect(Array.from(logProb)).toEqual(was.logProb)
      const drawn = model.sample(4, { seed: 7, ...(given && { context: given.context[0] }) })
      expect(Array.from(drawn.data)).toEqual(was.sample)
    },
  )

  test.each(models)('%s, %s, is written again as it was', async (format, name) => {
    const bytes = await bytesOf(format, name)
    expect(Buffer.compare(encodeModel(decodeModel(bytes)), bytes)).toBe(0)
  })

  test.each(['v1', 'v4', 'v5'])(
    '%s: its run folder shows, scores and samples from the command line',
    async (format) => {
      const run = fileURLToPath(place(`${format}/run`))
      const shown = await pushforward(['show', run])
      expect(shown).toMatchObject({ code: 0, stderr: '' })
      expect(shown.stdout).toMatch(/^Flow on \d columns/)
      const drawn = await pushforward(['sample', run, '--rows', '3', '--seed', '1'])
      expect(drawn).toMatchObject({ code: 0, stderr: '' })
      const scored = await pushforward(['score', run, '-'], { input: drawn.stdout })
      expect(scored.code).toBe(0)
      expect(scored.stdout.trimEnd().split('\n')).toHaveLength(4)
    },
  )

  test('that is newer is refused, with the version of pushforward that reads it where the file says which', async () => {
    const { tensors, metadata } = decodeSafetensors(await bytesOf('v1', 'float32'))
    const newer = (texts: object) => () => decodeModel(encodeSafetensors(tensors, { ...metadata, ...texts }))
    expect(newer({ formatVersion: '6' })).toThrow(
      'This model has format version 6, and this pushforward reads up to version 5: update pushforward.',
    )
    expect(newer({ formatVersion: '6', since: '0.9.0' })).toThrow(
      'This model has format version 6, and this pushforward reads up to version 5: update pushforward to 0.9.0 or later.',
    )
    expect(newer({ formatVersion: '6', since: '\u001b[2J' })).toThrow(/: update pushforward\.$/)
  })

  test('has files of every version up to the newest', async () => {
    const folders = (await readdir(place('.'), { withFileTypes: true })).filter((entry) => entry.isDirectory())
    expect(folders.map(({ name }) => name).sort()).toEqual([...new Set(models.map(([format]) => format))])
  })
})
