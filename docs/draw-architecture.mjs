// Draws the folders of src by their imports: node docs/draw-architecture.mjs > docs/architecture.svg. A test holds the two together.
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

const src = new URL('../src/', import.meta.url)

const BOX = { width: 104, height: 30 }
/** From row to row, and from box to box. */
const STEP = { x: 132, y: 62 }
/** What an arrow takes where it passes a row between boxes. */
const PASSING = 30
const MARGIN = 16
const SWEEPS = 24

/** For each folder of src, those that its modules import; what lies in src itself (errors, options, the index) is left out. */
function importsOfFolders() {
  const folderOf = (file) => (file.includes('/') ? file.split('/')[0] : undefined)
  const imports = new Map()
  const files = readdirSync(src, { recursive: true }).map((file) => file.replaceAll('\\', '/'))
  for (const file of files
    .filter((name) => /^(?!kernels\/assembly\/)(?!.*\.generated\.ts$).*\.ts$/.test(name))
    .sort()) {
    const from = folderOf(file)
    if (from === undefined) continue
    if (!imports.has(from)) imports.set(from, new Set())
    const text = readFileSync(new URL(file, src), 'utf8')
    const statements = text.matchAll(/(?:^(?:import|export)\b[^'"]*? from |\bimport\()'(\.{1,2}\/[^']+)'/gm)
    for (const [, specifier] of statements) {
      const to = folderOf(posix.join(posix.dirname(file), specifier))
      if (to !== undefined && to !== from) imports.get(from).add(to)
    }
  }
  return imports
}

/** How many floors lie below each folder: one more than below the highest that it imports. */
function floorsOf(imports) {
  const floors = new Map()
  const visit = (folder, path = []) => {
    if (path.includes(folder)) throw new Error(`Imports go round: ${[...path, folder].join(' → ')}`)
    if (!floors.has(folder)) {
      const below = [...imports.get(folder)].map((to) => visit(to, [...path, folder]))
      floors.set(folder, below.length === 0 ? 0 : 1 + Math.max(...below))
    }
    return floors.get(folder)
  }
  for (const folder of imports.keys()) visit(folder)
  return floors
}

/** The imports that do not follow from others, as [from, to]. */
function direct(imports) {
  const reaches = (from, to) => [...imports.get(from)].some((next) => next === to || reaches(next, to))
  return [...imports].flatMap(([from, all]) =>
    [...all].filter((to) => ![...all].some((other) => other !== to && reaches(other, to))).map((to) => [from, to]),
  )
}

/** Rows of places from the bottom up, and for each import the places that its arrow goes through. */
function layOut(floors, edges) {
  const rows = Array.from({ length: 1 + Math.max(...floors.values()) }, () => [])
  const places = new Map()
  for (const [folder, floor] of floors) {
    const place = { folder, floor, width: STEP.x, x: 0, near: [] }
    places.set(folder, place)
    rows[floor].push(place)
  }
  const arrows = edges.map(([from, to]) => {
    const passing = []
    for (let floor = floors.get(from) - 1; floor > floors.get(to); floor--) {
      const place = { floor, width: PASSING, x: 0, near: [] }
      rows[floor].push(place)
      passing.push(place)
    }
    const way = [places.get(from), ...passing, places.get(to)]
    for (let i = 1; i < way.length; i++) {
      way[i - 1].near.push(way[i])
      way[i].near.push(way[i - 1])
    }
    return way
  })
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const row of sweep % 2 ? rows : rows.toReversed()) settle(row)
  }
  return { rows, arrows }
}

/** Puts the places of a row in the order of what they are tied to, side by side about the middle of that. */
function settle(row) {
  const wish = new Map(row.map((place) => [place, mean(place.near.map(({ x }) => x))]))
  row.sort((a, b) => wish.get(a) - wish.get(b))
  let end = Number.NEGATIVE_INFINITY
  for (const place of row) {
    place.x = Math.max(wish.get(place), end + place.width / 2)
    end = place.x + place.width / 2
  }
  const shift = mean(row.map((place) => wish.get(place) - place.x))
  for (const place of row) place.x += shift
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

/** Down through the places of an arrow, straight past the rows between. */
function path(way, xOf, yOf) {
  const half = BOX.height / 2
  const [first, last] = [way[0], way[way.length - 1]]
  const stops = [
    [xOf(first), yOf(first) + half],
    ...way.slice(1, -1).flatMap((place) => [
      [xOf(place), yOf(place) - half],
      [xOf(place), yOf(place) + half],
    ]),
    [xOf(last), yOf(last) - half - 4],
  ]
  const [begin, ...others] = stops
  let text = `M${begin}`
  let [x, y] = begin
  for (const [nextX, nextY] of others) {
    const middle = (y + nextY) / 2
    text += x === nextX ? `V${nextY}` : `C${x},${middle} ${nextX},${middle} ${nextX},${nextY}`
    ;[x, y] = [nextX, nextY]
  }
  return text
}

/** What the README says of each folder. */
function words() {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  return new Map(Array.from(readme.matchAll(/^ {6}(\w+)\/ +(.+)$/gm), ([, folder, text]) => [folder, text]))
}

function drawArchitecture() {
  const imports = importsOfFolders()
  const { rows, arrows } = layOut(floorsOf(imports), direct(imports))
  const all = rows.flat()
  const left = Math.min(...all.map(({ x, width }) => x - width / 2))
  const width = Math.round(Math.max(...all.map(({ x, width }) => x + width / 2)) - left) + 2 * MARGIN
  const height = (rows.length - 1) * STEP.y + BOX.height + 2 * MARGIN
  const xOf = ({ x }) => Math.round(x - left) + MARGIN
  const yOf = ({ floor }) => height - MARGIN - BOX.height / 2 - floor * STEP.y
  const about = words()
  const boxes = all.filter(({ folder }) => folder !== undefined)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
    '<title id="title">Folders of src: arrows go to what is imported, those that follow from others left out</title>',
    '<style>',
    'text{font:13px system-ui,sans-serif;text-anchor:middle;dominant-baseline:central;fill:#1b2733}',
    'rect{fill:#eaf1f8;stroke:#4a6b8a}path{fill:none;stroke:#7d8fa1}marker path{fill:#7d8fa1;stroke:none}svg{background:#fff}',
    '@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#22303e;stroke:#7f9fbd}svg{background:#12181f}}',
    '</style>',
    '<defs><marker id="head" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0L8,4L0,8z"/></marker></defs>',
    ...arrows.map((way) => `<path d="${path(way, xOf, yOf)}" marker-end="url(#head)"/>`),
    ...boxes.map((place) => {
      const [x, y] = [xOf(place), yOf(place)]
      const said = about.has(place.folder) ? `<title>${about.get(place.folder)}</title>` : ''
      return `<g>${said}<rect x="${x - BOX.width / 2}" y="${y - BOX.height / 2}" width="${BOX.width}" height="${BOX.height}" rx="5"/><text x="${x}" y="${y}">${place.folder}</text></g>`
    }),
    '</svg>',
    '',
  ].join('\n')
}

process.stdout.write(drawArchitecture())
