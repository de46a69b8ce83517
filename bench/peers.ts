// Training steps beside JAX on the CPU: same flow, rows, initial weights, precision and thread count, in alternating
// rounds. Needs a Python with bench/peers/requirements.txt; PYTHON names it (default python3).
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { affineCoupling, alternatingMask, type Flow, fit, flow, jang, leakyReLU } from 'pushforward'
import { machine, median, table } from './machine.js'

interface Workload {
  readonly rows: number
  readonly dim: number
  readonly hidden: readonly number[]
  readonly steps: number
  readonly rounds: number
}

const workloads: readonly Workload[] = [
  { rows: 1024, dim: 2, hidden: [4], steps: 1500, rounds: 9 },
  { rows: 1024, dim: 2, hidden: [64], steps: 250, rounds: 7 },
  { rows: 1024, dim: 2, hidden: [64, 64], steps: 120, rounds: 5 },
  { rows: 65_536, dim: 2, hidden: [64], steps: 8, rounds: 5 },
  { rows: 16_384, dim: 6, hidden: [128, 128], steps: 4, rounds: 5 },
]

const THREADS = 2

function build({ dim, hidden }: Workload): Flow {
  const layers = Array.from({ length: 9 }, (_, i) => [
    leakyReLU(),
    affineCoupling({ mask: alternatingMask(dim, i), hidden }),
  ])
  return flow(dim, layers.flat(), { seed: 42 })
}

/** Standardised rows: crescents side by side. */
function standardised({ rows, dim }: Workload): number[][] {
  const parts = Array.from({ length: Math.ceil(dim / 2) }, (_, seed) => jang(rows, { seed }).data)
  const columns = parts.flatMap((data) => [0, 1].map((j) => data.filter((_, i) => i % 2 === j)))
  const scale = columns.map((column) => {
    const mean = column.reduce((sum, value) => sum + value, 0) / rows
    return { mean, sd: Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows) }
  })
  return Array.from({ length: rows }, (_, i) =>
    scale.map(({ mean, sd }, j) => Math.fround((columns[j][i] - mean) / sd)),
  )
}

/** The flow's parameters as the peer takes them. */
function exported(model: Flow) {
  const { layers, offsets, dim } = model.structure
  const pairs = []
  for (let i = 0; i < layers.length; i += 2) {
    const [raw] = model.parameters.subarray(offsets[i])
    const mask = layers[i + 1].spec.mask as number[]
    const tensors: number[][] = []
    let at = offsets[i + 1]
    for (const { shape } of layers[i + 1].parameters) {
      const length = shape.reduce((product, size) => product * size, 1)
      tensors.push([...model.parameters.subarray(at, at + length)])
      at += length
    }
    const matrices = tensors.slice(0, -1).filter((_, k) => k % 2 === 0)
    const biases = tensors.slice(0, -1).filter((_, k) => k % 2 === 1)
    pairs.push({
      raw,
      weights: matrices.map((values, k) => {
        const inputs = values.length / biases[k].length
        return biases[k].map((_, o) => values.slice(o * inputs, (o + 1) * inputs))
      }),
      biases,
      f: tensors[tensors.length - 1][0],
      kept: Array.from({ length: dim }, (_, j) => j).filter((j) => mask[j] === 1),
      moved: Array.from({ length: dim }, (_, j) => j).filter((j) => mask[j] === 0),
    })
  }
  return pairs
}

interface Answer {
  readonly seconds: number
  readonly loss: number
}

/** A JAX process that answers one question a line. */
function jax(mode: 'jit' | 'scan', setup: object) {
  const script = new URL('../../bench/peers/jax_peer.py', import.meta.url).pathname
  const child = spawn(process.env.PYTHON ?? 'python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const send = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`)
  send({ ...setup, mode })
  return {
    async ask(question: object): Promise<Answer> {
      send(question)
      const { value, done } = await lines.next()
      if (done) throw new Error('The JAX process ended; are the packages of bench/peers/requirements.txt installed?')
      return JSON.parse(value)
    },
    end: () => child.stdin.end(),
  }
}

const body: string[][] = []
for (const workload of workloads) {
  const { rows, dim, hidden, steps, rounds } = workload
  const data = standardised(workload)
  const setup = { rows: data, layers: exported(build(workload)), lr: 1e-4, wd: 1e-4 }
  const contestants = { jit: jax('jit', setup), scan: jax('scan', setup) }
  const times: Record<string, number[]> = { ours: [], jit: [], scan: [] }
  const ours = (n: number) => fit(build(workload), data, { steps: n, threads: THREADS, standardise: false })
  const reference = (await ours(101)).losses[100]
  for (const [name, peer] of Object.entries(contestants)) {
    const { loss } = await peer.ask({ steps: 101 })
    if (Math.abs(loss / reference - 1) > 2e-5)
      throw new Error(`JAX ${name} has loss ${loss} after 100 steps, we have ${reference}.`)
    await peer.ask({ warm: { steps } })
  }
  for (let round = 0; round < rounds; round++) {
    times.ours.push((await ours(steps)).seconds / steps)
    for (const [name, peer] of Object.entries(contestants))
      times[name].push((await peer.ask({ steps })).seconds / steps)
  }
  for (const peer of Object.values(contestants)) peer.end()
  const ms = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, 1000 * median(values)]))
  body.push([
    `${rows} × ${dim}, [${hidden}]`,
    ms.ours.toFixed(3),
    ms.jit.toFixed(3),
    ms.scan.toFixed(3),
    `${(ms.jit / ms.ours).toFixed(1)}×`,
    `${(ms.scan / ms.ours).toFixed(1)}×`,
  ])
}
console.log(
  `${machine()}, ${THREADS} threads; ms a training step, medians of alternating rounds; losses after 100 steps agree to 2e-5`,
)
console.log(table([['workload', 'pushforward', 'JAX jit', 'JAX lax.scan', 'against jit', 'against lax.scan'], ...body]))
