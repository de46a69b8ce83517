// What the JavaScript peers share: a question a line on standard input, an answer a line on standard output, both JSON.
// The protocol is that of contest.py; these peers train only.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** Rows [rows, columns] of a file of float32 as two halves: the even columns and the odd ones, each row-major. */
export function readHalves(path, columns) {
  const bytes = readFileSync(path)
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  const rows = values.length / columns
  return [0, 1].map((parity) => ({
    rows,
    columns: (columns + 1 - parity) >> 1,
    values: values.filter((_, i) => (i % columns) % 2 === parity),
  }))
}

/** With --version, says what is installed and ends. */
export function answerVersion(name, dependency) {
  if (!process.argv.includes('--version')) return
  const manifest = new URL(`node_modules/${dependency}/package.json`, import.meta.url)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
  console.log(JSON.stringify({ [name]: version }))
  process.exit()
}

/** Answers {do: "warm" | "train", steps} with {} | {seconds, loss} until the input ends. */
export async function serve(prepare) {
  let train
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line)
    if (!train) {
      train = await prepare(message)
      continue
    }
    const answer = message.do === 'warm' ? {} : await timed(() => train(message.steps))
    console.log(JSON.stringify(answer))
  }
}

async function timed(work) {
  const started = performance.now()
  const loss = await work()
  return { seconds: (performance.now() - started) / 1000, loss }
}
