import { access, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createReader, type Reader, ROOT, snippetsOf } from './snippets.js'

const readme = await readFile(join(ROOT, 'README.md'), 'utf8')
const inLanguage = (language: string) => snippetsOf(readme).filter((snippet) => snippet.language === language)

let reader: Reader
beforeAll(async () => {
  reader = await createReader()
})
afterAll(() => rm(reader.folder, { recursive: true }))

describe('README.md', () => {
  test('its shell snippets run, one after the other, in an empty folder', async () => {
    const snippets = inLanguage('sh')
    expect(snippets.length).toBeGreaterThanOrEqual(3)
    let stdout = ''
    for (const snippet of snippets) stdout += await reader.run(snippet)
    expect(stdout).toMatch(/Flow on 2 columns/)
    for (const file of ['samples.csv', 'scored.csv', 'runs/points/plots/density.svg', 'runs/again/model.safetensors']) {
      await access(join(reader.folder, file))
    }
    expect(await readFile(join(reader.folder, 'scored.csv'), 'utf8')).toMatch(/^x1,x2,log_prob,quantile\n/)
  })

  test('its JavaScript runs as a module of its own', async () => {
    const snippets = inLanguage('js')
    expect(snippets.length).toBeGreaterThanOrEqual(2)
    let all = ''
    for (const snippet of snippets) {
      const stdout = await reader.run(snippet)
      expect(stdout).not.toBe('')
      all += stdout
    }
    expect(all).toMatch(/best of \d+ steps: -?[\d.]+ nats/)
    expect(all).toMatch(/90000 rows trained on; row 7 is (not )?held out/)
    await access(join(reader.folder, 'crescent.safetensors'))
  })

  test('every command it names has a help', async () => {
    const commands = [...readme.matchAll(/^\| `(\w+)[ `]/gm)].map((match) => match[1])
    expect(commands).toEqual(['train', 'sample', 'score', 'predict', 'show', 'report', 'data', 'doctor', 'completion'])
    for (const command of commands) {
      expect(await reader.run({ language: 'sh', text: `pushforward ${command} --help` })).toContain('Examples')
    }
  })
})
