import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { standardNormals } from '../fixtures/normals.js'
import { pushforward } from './run.js'

let folder: string
const run = (line: string) => pushforward(line.split(' '), { cwd: folder })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-names-'))
  const lines = standardNormals(60, 3).map((row, i) => `${row},${['Adelie', 'Gentoo', 'Chinstrap'][i % 3]}`)
  await writeFile(join(folder, 'penguins.csv'), `length,depth,mass,species\n${lines.join('\n')}\n`)
  await writeFile(join(folder, 'deep.csv'), `length,detph,mass,species\n${lines.join('\n')}\n`)
  await writeFile(join(folder, 'layers.json'), '{ "layers": [{ "type": "leakyRELU" }] }')
  await writeFile(join(folder, 'bases.json'), '{ "layers": [], "base": { "type": "standardNormla" } }')
  await writeFile(join(folder, 'keys.json'), '{ "layers": [], "bsae": {} }')
  const { code, stderr } = await run(
    'train penguins.csv --given species --flow nsf --steps 1 --layers 1 --hidden 4 --out run',
  )
  expect(code, stderr).toBe(0)
})
afterAll(() => rm(folder, { recursive: true }))

describe.concurrent('a name that was likely meant is told:', () => {
  test.each([
    ['train penguins.csv --columns length,detph', '"depth"'],
    ['train penguins.csv --given specis', '"species"'],
    ['train penguins.csv --drop Mass', '"mass"'],
    ['train penguins.csv --column lenght:positive', '"length"'],
    ['train penguins.csv --column length:postive', 'positive'],
    ['train penguins.csv --weights mas', '"mass"'],
    ['train penguins.csv --where speces=Adelie', '"species"'],
    ['sample run --given specie=Adelie', '"species"'],
    ['sample run --given species=Adele', '"Adelie"'],
    ['score run deep.csv', '"detph"'],
    ['predict run penguins.csv --of dept', '"depth"'],
    ['train penguins.csv --flow layers.json', 'leakyReLU'],
    ['train penguins.csv --flow bases.json', 'standardNormal'],
    ['train penguins.csv --flow keys.json', 'base'],
  ])('%s', async (line, meant) => {
    const { code, stderr } = await run(line)
    expect(code).toBe(2)
    expect(stderr).toContain(`Did you mean ${meant}?`)
  })
})
