import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import ndarray from 'ndarray'
import { affineCoupling, DataError, flow, leakyReLU, logProb, sample } from 'pushforward'
import { describe, expect, it } from 'vitest'

const model = flow(2, [leakyReLU()])
const ROWS = 150_000

function rowsWithNaN(...at: number[]): Float64Array {
  const rows = new Float64Array(2 * ROWS).fill(0.5)
  for (const i of at) rows[i] = Number.NaN
  return rows
}

type Kind = 'float32' | 'float64'

function floats(kind: Kind, memory: ArrayBuffer | SharedArrayBuffer): Float32Array | Float64Array {
  return kind === 'float32' ? new Float32Array(memory) : new Float64Array(memory)
}

/** Compared as bytes: number by number it takes seconds. */
function haveBits(got: Float32Array | Float64Array, expected: Float32Array | Float64Array): boolean {
  const [one, other] = [got, expected].map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength))
  return one.equals(other)
}

describe.each(['float32', 'float64'] as const)('a batch of %s in shared memory', (kind) => {
  const bytes = kind === 'float32' ? 4 : 8
  const own = floats(kind, new ArrayBuffer(2 * ROWS * bytes)).map((_: number, i: number) => Math.sin(i))
  /** The second half of a larger array. */
  const shared = floats(kind, new SharedArrayBuffer(2 * own.byteLength)).subarray(own.length)
  shared.set(own)

  it.each([0, 1, 2])('has the densities of another array, on %i threads', async (threads) => {
    const density = await logProb(model, shared, { threads })
    expect(haveBits(density, await logProb(model, own, { threads: 0 }))).toBe(true)
  })

  it('has them in shared memory too', async () => {
    const out = new Float32Array(new SharedArrayBuffer(4 * ROWS))
    await logProb(model, shared, { threads: 2, out })
    expect(haveBits(out, await logProb(model, own, { threads: 0 }))).toBe(true)
  })

  it('is refused with NaN', async () => {
    const spoilt = floats(kind, new SharedArrayBuffer(own.byteLength))
    spoilt[2 * 90_000 + 1] = Number.NaN
    await expect(logProb(model, spoilt, { threads: 2 })).rejects.toThrow('NaN in row 90000, column 1')
  })
})

describe.each([0, 1, 2])('a batch with NaN, scored on %i threads', (threads) => {
  it('is refused by the place of the first one, whichever is met first', async () => {
    const scoring = logProb(model, rowsWithNaN(2 * 149_000 + 1, 2 * 70_000), { threads })
    await expect(scoring).rejects.toThrow(
      new DataError('Batch has NaN in row 70000, column 0 (counted from 0); remove the row or fill the value in.'),
    )
    await expect(scoring).rejects.toBeInstanceOf(DataError)
  })

  it('leaves the threads as they were', async () => {
    await expect(logProb(model, rowsWithNaN(5), { threads })).rejects.toThrow('NaN in row 2, column 1')
    const rows = rowsWithNaN()
    rows[3] = Number.NEGATIVE_INFINITY
    const density = await logProb(model, rows, { threads })
    expect(density[0]).toBeCloseTo(-Math.log(2 * Math.PI) - 0.25, 5)
    expect([...density.subarray(0, 3)]).toEqual([density[0], Number.NEGATIVE_INFINITY, density[0]])
  })
})

describe.each([
  ['memory of its own', ArrayBuffer],
  ['shared memory', SharedArrayBuffer],
])('results in %s', (_, Memory) => {
  /** Every second array of three in one memory, with what the others must keep. */
  function between(kind: Kind, length: number) {
    const all = floats(kind, new Memory(3 * length * (kind === 'float32' ? 4 : 8))).fill(7)
    const around = () => [...all.subarray(0, length), ...all.subarray(2 * length)].every((value) => value === 7)
    return { out: all.subarray(length, 2 * length), around }
  }

  it.each([0, 1, 2])('are the densities that go elsewhere otherwise, on %i threads', async (threads) => {
    const rows = Float64Array.from({ length: 2 * ROWS }, (_, i) => Math.sin(i))
    const { out, around } = between('float32', ROWS)
    expect(await logProb(model, rows, { threads, out: out as Float32Array })).toBe(out)
    expect(haveBits(out, await logProb(model, rows, { threads: 0 }))).toBe(true)
    expect(around()).toBe(true)
  })

  it.each([0, 1, 2])('are the rows that go elsewhere otherwise, on %i threads', async (threads) => {
    const { out, around } = between('float64', 2 * ROWS)
    const drawn = await sample(model, ROWS, { threads, seed: 3, firstRow: 11, out: out as Float64Array })
    expect(drawn.data).toBe(out)
    expect(drawn.shape).toEqual([ROWS, 2])
    const { data } = await sample(model, ROWS, { threads: 0, seed: 3, firstRow: 11 })
    expect(haveBits(out, data)).toBe(true)
    expect(around()).toBe(true)
  })
})

describe('a job on arrays that all threads see', () => {
  const COUNT = 2_000_000
  const layers = [1, 0, 1, 0].flatMap((first) => [
    leakyReLU(),
    affineCoupling({ mask: [first, 1 - first], hidden: [256] }),
  ])
  const slow = flow(2, layers)
  const memory = () => new Float64Array(new SharedArrayBuffer(16 * COUNT))

  it('tells its progress, at last all of it', async () => {
    const told: number[] = []
    await sample(slow, COUNT, {
      threads: 2,
      out: memory(),
      onProgress({ rows, total }) {
        expect(total).toBe(COUNT)
        told.push(rows)
      },
    })
    expect(told.at(-1)).toBe(COUNT)
    expect(told).toEqual([...new Set(told)].sort((a, b) => a - b))
  })

  it('stops where onProgress throws, and rejects with that', async () => {
    const error = new Error('no more')
    let calls = 0
    const onProgress = () => {
      calls++
      throw error
    }
    const out = memory()
    await expect(sample(slow, COUNT, { threads: 2, out, onProgress })).rejects.toBe(error)
    expect(calls).toBe(1)
    expect(out.at(-1)).toBe(0)
  })

  it('computes nothing when it is aborted in the turn of the call', async () => {
    const out = memory()
    const stop = new AbortController()
    const job = sample(slow, COUNT, { threads: 2, out, signal: stop.signal })
    stop.abort()
    await expect(job).rejects.toBe(stop.signal.reason)
    expect(out.every((value) => value === 0)).toBe(true)
  })

  it('stops between two chunks when it is aborted', async () => {
    const out = memory()
    const stop = new AbortController()
    const job = sample(slow, COUNT, { threads: 2, out, signal: stop.signal })
    while (out[0] === 0) await new Promise((resolve) => setImmediate(resolve))
    const reason = new Error('enough')
    stop.abort(reason)
    await expect(job).rejects.toBe(reason)
    expect(out.at(-1)).toBe(0)
  })

  it('names the first NaN, and scores nothing behind it for long', async () => {
    const rows = new Float32Array(new SharedArrayBuffer(8 * COUNT)).fill(0.5)
    rows[5] = Number.NaN
    const out = new Float32Array(new SharedArrayBuffer(4 * COUNT))
    await expect(logProb(slow, rows, { threads: 2, out })).rejects.toThrow('NaN in row 2, column 1')
    expect(out.at(-1)).toBe(0)
  })
})

describe.each([
  ['its own memory', ArrayBuffer],
  ['shared memory', SharedArrayBuffer],
])('a job in %s', (_, Memory) => {
  it.each([0, 2])('that is aborted at its end still rejects, on %i threads', async (threads) => {
    const stop = new AbortController()
    const reason = new Error('late')
    const onProgress = ({ rows, total }: { rows: number; total: number }) => {
      if (rows === total) stop.abort(reason)
    }
    const out = new Float64Array(new Memory(16 * ROWS))
    const job = sample(model, ROWS, { threads, out, onProgress, signal: stop.signal })
    await expect(job).rejects.toBe(reason)
  })
})

it('computes whole tiles until the last chunk', async () => {
  const tile = model.structure.evaluationTileRows
  const told: number[] = []
  await logProb(model, new Float32Array(2 * ROWS), { threads: 0, onProgress: ({ rows }) => told.push(rows) })
  expect(told.pop()).toBe(ROWS)
  expect(told.length).toBeGreaterThan(1)
  expect(told.filter((rows) => rows % tile !== 0)).toEqual([])
})

it('rejects with what onProgress throws, whatever rows come behind', async () => {
  const onProgress = () => {
    throw new Error('mine')
  }
  await expect(logProb(model, rowsWithNaN(2 * ROWS - 1), { threads: 0, onProgress })).rejects.toThrow('mine')
})

it.each([
  ['logProb(model, new Float32Array(200_000), { threads: 2 })', ''],
  ['fit(model, jang(1024), { threads: 2 })', 'Thread 1 of 2 failed: '],
])('rejects where no thread can start: %s', (call, whose) => {
  const script = `
    import { fit, flow, jang, leakyReLU, logProb } from 'pushforward'
    const model = flow(2, [leakyReLU()])
    ${call}.catch(({ message }) => console.log(message))`
  const preload = fileURLToPath(new URL('failing-preload.cjs', import.meta.url))
  const args = ['--require', preload, '--input-type=module', '-e', script]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 })
  expect({ stdout, stderr }).toEqual({ stdout: `${whose}A thread could not start: not in a thread\n`, stderr: '' })
})

it('refuses memory of another kind or size', async () => {
  const reference = flow(2, [leakyReLU()], { precision: 'float64' })
  const rows = [
    [1, 2],
    [3, 4],
  ]
  const both = new Float32Array(9)
  const cases: [Promise<unknown>, string][] = [
    [
      logProb(model, rows, { out: new Float32Array(3) }),
      "logProb's out is a Float32Array of 3; expected a Float32Array of 2.",
    ],
    [
      logProb(model, rows, { out: new Float64Array(2) as never }),
      "logProb's out is a Float64Array of 2; expected a Float32Array of 2.",
    ],
    [
      logProb(reference, rows, { out: new Float32Array(2) as never }),
      "logProb's out is a Float32Array of 2; expected a Float64Array of 2.",
    ],
    [
      logProb(model, rows, { out: [0, 0] as never }),
      "logProb's out is a value of type object; expected a Float32Array of 2.",
    ],
    [
      sample(model, 2, { out: new Float64Array(2) }),
      "sample's out is a Float64Array of 2; expected a Float64Array of 4.",
    ],
    [
      sample(model, 1, { out: new Int32Array(2) as never }),
      "sample's out is a Int32Array of 2; expected a Float64Array of 2.",
    ],
    [
      logProb(model, ndarray(both, [3, 2]), { out: both.subarray(4, 7) }),
      "logProb's out shares memory with the rows; give it memory of its own.",
    ],
    [
      logProb(model, rows, { output: 1 } as never),
      'logProb has no option "output"; it takes threads, signal, onProgress, out, context.',
    ],
  ]
  for (const [job, message] of cases) {
    await expect(job).rejects.toMatchObject({ name: 'UsageError', message })
  }
})
