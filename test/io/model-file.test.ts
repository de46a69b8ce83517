import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  affineCoupling,
  alternatingMask,
  decodeFlow,
  encodeFlow,
  type Flow,
  FormatError,
  fit,
  flow,
  jang,
  leakyReLU,
  loadFlow,
  type Precision,
  saveFlow,
  UsageError,
} from 'pushforward'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors, type Safetensors, type Tensor } from '#io/safetensors.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pushforward-model-'))
})
afterAll(() => rm(folder, { recursive: true }))

const points = jang(200, { seed: 3 })

function untrained(precision: Precision = 'float32'): Flow {
  const layers = [0, 1, 2].flatMap((i) => [
    leakyReLU(),
    affineCoupling({ mask: alternatingMask(2, i), hidden: [3, 5] }),
  ])
  return flow(2, layers, { seed: 2 ** 53 - 1, precision })
}

async function trained(precision: Precision = 'float32'): Promise<Flow> {
  const model = untrained(precision)
  model.data = { columns: ['a "quoted" name', 'größe, µ'], sha256: undefined }
  await fit(model, points, { steps: 20, threads: 0 })
  return model
}

describe.each(['float32', 'float64'] as const)('a %s flow that was saved and loaded', (precision) => {
  test('has the same bits: parameters, scaler, log-densities, samples, and file when saved again', async () => {
    const model = await trained(precision)
    const path = join(folder, `${precision}.safetensors`)
    await saveFlow(model, path)
    const loaded = await loadFlow(path)
    expect(loaded.parameters).toEqual(model.parameters)
    expect(loaded.scaler).toEqual(model.scaler)
    expect(loaded.logProb(points)).toEqual(model.logProb(points))
    expect(loaded.sample(50, { seed: 4 }).data).toEqual(model.sample(50, { seed: 4 }).data)
    expect(Buffer.compare(encodeFlow(loaded), await readFile(path))).toBe(0)
  })

  test('remembers architecture, seed, column names and the data it saw', async () => {
    const model = await trained(precision)
    const loaded = decodeFlow(encodeFlow(model))
    expect(loaded.structure.description).toEqual(model.structure.description)
    expect([loaded.seed, loaded.scaled]).toEqual([2 ** 53 - 1, true])
    expect(loaded.data.columns).toEqual(['a "quoted" name', 'größe, µ'])
    expect(loaded.data.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(loaded.data).toEqual(model.data)
  })
})

describe('a loaded flow', () => {
  test('keeps its scaler when it is trained further', async () => {
    const model = decodeFlow(encodeFlow(await trained()))
    const { mean, sd } = model.scaler
    await fit(model, jang(50, { seed: 9 }), { steps: 2, threads: 0 })
    expect(model.scaler).toEqual({ mean, sd })
  })

  test('that was never fitted takes its scaler from the first fit', async () => {
    const model = decodeFlow(encodeFlow(untrained()))
    expect(model.scaled).toBe(false)
    await fit(model, points, { steps: 1, threads: 0 })
    expect(model.scaler.sd[1]).toBeGreaterThan(3)
  })

  test('computes with the kernels asked for', () => {
    expect(decodeFlow(encodeFlow(untrained()), { kernels: 'portable' }).kernels).toBe('portable')
  })
})

describe('saveFlow and loadFlow', () => {
  test('a folder stands for the model.safetensors in it', async () => {
    const model = untrained()
    await saveFlow(model, join(folder, 'model.safetensors'))
    expect((await loadFlow(folder)).parameters).toEqual(model.parameters)
  })

  test('a file that cannot be written leaves nothing behind', async () => {
    const taken = join(folder, 'taken')
    await mkdir(taken)
    const before = await readdir(folder)
    await expect(saveFlow(untrained(), taken)).rejects.toThrow(/cannot be saved as/)
    await expect(saveFlow(untrained(), join(folder, 'none', 'm'))).rejects.toThrow(/cannot be saved as .*ENOENT/)
    expect(await readdir(folder)).toEqual(before)
  })

  test('a missing model is a usage error that names the path', async () => {
    await expect(loadFlow(join(folder, 'none'))).rejects.toThrow(UsageError)
    await expect(loadFlow(join(folder, 'none'))).rejects.toThrow(
      /There is no model at .*none; give a model\.safetensors/,
    )
  })

  test('a damaged file is named in the error', async () => {
    const path = join(folder, 'damaged.safetensors')
    await writeFile(path, 'x1,x2\n1,2\n')
    await expect(loadFlow(path)).rejects.toThrow(FormatError)
    await expect(loadFlow(path)).rejects.toThrow(/damaged\.safetensors: Not a valid safetensors file/)
  })
})

/** The model file of an untrained flow after `change`. */
function damaged(change: (file: Safetensors) => void): Uint8Array {
  const file = decodeSafetensors(encodeFlow(untrained()))
  change(file)
  return encodeSafetensors(file.tensors, file.metadata)
}

function replace(tensors: Tensor[], name: string, tensor: Partial<Tensor>): void {
  const at = tensors.findIndex((tensor) => tensor.name === name)
  tensors[at] = { ...tensors[at], ...tensor } as Tensor
}

describe('a model file is refused', () => {
  const refusals: [what: string, message: RegExp, change: (file: Safetensors) => void][] = [
    [
      'that another program wrote',
      /not a pushforward model/,
      ({ metadata }) => {
        metadata.format = 'pt'
      },
    ],
    [
      'of a newer format',
      /format version 6, .* up to version 5: update/,
      ({ metadata }) => {
        metadata.formatVersion = '6'
      },
    ],
    [
      'without a format version',
      /format version is missing/,
      ({ metadata }) => {
        delete metadata.formatVersion
      },
    ],
    [
      'without its architecture',
      /metadata "flow" is missing/,
      ({ metadata }) => {
        delete metadata.flow
      },
    ],
    [
      'whose architecture is not JSON',
      /metadata "flow" cannot be used \(Invalid JSON/,
      ({ metadata }) => {
        metadata.flow = '{'
      },
    ],
    [
      'whose architecture is no flow',
      /describes no flow/,
      ({ metadata }) => {
        metadata.flow = '{}'
      },
    ],
    [
      'whose base is unknown',
      /No base is called "cauchy"/,
      ({ metadata }) => {
        metadata.flow = metadata.flow.replace('standardNormal', 'cauchy')
      },
    ],
    [
      'with a layer it does not know',
      /No layer is called "leakyRELU"/,
      ({ metadata }) => {
        metadata.flow = metadata.flow.replace('leakyReLU', 'leakyRELU')
      },
    ],
    [
      'with a layer option of the wrong kind',
      /hidden is "wide"/,
      ({ metadata }) => {
        metadata.flow = metadata.flow.replace('[3,5]', '"wide"')
      },
    ],
    [
      'with a width beyond its arrays',
      /"layers\.1\..*" is float32 .*, but its layer has/,
      ({ metadata }) => {
        metadata.flow = metadata.flow.replace('[3,5]', '[10000,5]')
      },
    ],
    [
      'with a width beyond all memory',
      /cannot be built: This flow would have 1\d+ parameters; expected at most/,
      ({ metadata }) => {
        metadata.flow = metadata.flow.replace('[3,5]', '[1000000000,1000000000]')
      },
    ],
    [
      'whose seed is no integer',
      /metadata "seed" cannot/,
      ({ metadata }) => {
        metadata.seed = '1.5'
      },
    ],
    [
      'whose columns are no list of names',
      /metadata "columns/,
      ({ metadata }) => {
        metadata.columns = '[1,2]'
      },
    ],
    [
      'with too many column names',
      /names 3 columns, its flow has 2/,
      ({ metadata }) => {
        metadata.columns = '["a","b","c"]'
      },
    ],
    [
      'without a tensor',
      /tensor "layers\.5\.f" is missing/,
      ({ tensors }) => {
        tensors.pop()
      },
    ],
    [
      'with a tensor of no layer',
      /none of its layers has a tensor "layers\.6\.f"/,
      ({ tensors }) => {
        tensors.push({ name: 'layers.6.f', dtype: 'F32', shape: [1], data: new Float32Array(1) })
      },
    ],
    [
      'with a tensor of another shape',
      /"layers\.0\.raw" is float32 \[2\], but its layer has float32 \[1\]/,
      ({ tensors }) => replace(tensors, 'layers.0.raw', { shape: [2], data: new Float32Array(2) }),
    ],
    [
      'with a tensor of another type',
      /"layers\.0\.raw" is float64 \[1\], but its layer has float32 \[1\]/,
      ({ tensors }) => replace(tensors, 'layers.0.raw', { dtype: 'F64', data: new Float64Array(1) }),
    ],
    [
      'with integers for parameters',
      /tensor "layers\.0\.raw" is I32/,
      ({ tensors }) => replace(tensors, 'layers.0.raw', { dtype: 'I32', data: new Int32Array(1) }),
    ],
    [
      'with a parameter that is not finite',
      /"layers\.0\.raw" holds a value that is not finite/,
      ({ tensors }) => replace(tensors, 'layers.0.raw', { data: new Float32Array([Number.NaN]) }),
    ],
    [
      'without a scaler',
      /no float64 vector "scaler\.mean"/,
      ({ tensors }) => {
        tensors.shift()
      },
    ],
    [
      'whose scaler has a zero',
      /not one positive standard deviation/,
      ({ tensors }) => replace(tensors, 'scaler.sd', { data: new Float64Array(2) }),
    ],
    [
      'whose scaler has a deviation that cannot be inverted',
      /not one positive standard deviation/,
      ({ tensors }) => replace(tensors, 'scaler.sd', { data: new Float64Array([1, 1e-309]) }),
    ],
    [
      'whose numbers are finite, and its density is none',
      /the density in the middle of its data is none/,
      ({ tensors }) => {
        const raw = tensors.find(({ name }) => name.endsWith('.raw')) as Tensor
        replace(tensors, raw.name, { data: Float32Array.from(raw.data, () => 3.4e38) })
        const f = tensors.find(({ name }) => name.endsWith('.f'))
        if (f) replace(tensors, f.name, { data: Float32Array.from(f.data, () => 3.4e38) })
      },
    ],
    [
      'whose scaler has other columns',
      /scaler has 1 columns, its flow 2/,
      ({ tensors }) => {
        replace(tensors, 'scaler.mean', { shape: [1], data: new Float64Array(1) })
        replace(tensors, 'scaler.sd', { shape: [1], data: new Float64Array([1]) })
      },
    ],
  ]

  test.each(refusals)('%s', (_what, message, change) => {
    expect(() => decodeFlow(damaged(change))).toThrow(FormatError)
    expect(() => decodeFlow(damaged(change))).toThrow(message)
  })

  test('at whatever byte it was cut off', () => {
    const whole = encodeFlow(untrained())
    for (let length = 0; length < whole.length; length += length < 16 ? 1 : 37) {
      expect(() => decodeFlow(whole.subarray(0, length))).toThrow(FormatError)
    }
    expect(() => decodeFlow(whole.subarray(0, whole.length - 1))).toThrow(FormatError)
  })
})

test('a model file says nothing but what the model is: these metadata keys and no others', async () => {
  const { metadata } = decodeSafetensors(encodeFlow(await trained()))
  expect(Object.keys(metadata).sort()).toEqual([
    'columns',
    'dataSha256',
    'flow',
    'format',
    'formatVersion',
    'scaled',
    'seed',
  ])
})

describe('a model file with what rows pass beside lines', () => {
  const bent = (change: (file: Safetensors) => void = () => {}): Uint8Array => {
    const model = untrained()
    const spline = {
      v: Float64Array.of(-1, 1),
      z: Float64Array.of(-2, 2),
      slopes: Float64Array.of(1, 3),
      bends: Float64Array.of(0.5, 0),
    }
    model.scaler = {
      ...model.scaler,
      supports: [{ low: 0 }, { low: -1, high: 2 }],
      marginals: [spline, { ...spline, bends: Float64Array.of(0, 2) }],
      whitening: { mean: Float64Array.of(1, 2), matrix: Float64Array.of(1, 0, 5, 2) },
    }
    const file = decodeSafetensors(encodeFlow(model))
    change(file)
    return encodeSafetensors(file.tensors, file.metadata)
  }

  test('is of version 2, which one of lines is not', () => {
    expect(decodeSafetensors(bent()).metadata.formatVersion).toBe('2')
    expect(decodeSafetensors(encodeFlow(untrained())).metadata.formatVersion).toBe('1')
    expect(decodeFlow(bent()).scaler.whitening?.matrix[2]).toBe(5)
    expect(decodeFlow(bent()).scaler.supports).toEqual([{ low: 0 }, { low: -1, high: 2 }])
  })

  const F64 = (shape: number[], ...data: number[]) =>
    ({ dtype: 'F64', shape, data: Float64Array.from(data) }) as Partial<Tensor>
  const refusals: [what: string, name: string, tensor: Partial<Tensor>][] = [
    ['knots that do not rise', 'scaler.knots.0', F64([3, 2], 1, 1, -2, 2, 1, 3)],
    ['values at knots that do not rise', 'scaler.knots.1', F64([3, 2], -1, 1, 2, 2, 1, 3)],
    ['a slope of 0', 'scaler.knots.0', F64([3, 2], -1, 1, -2, 2, 0, 3)],
    ['knots without slopes', 'scaler.knots.0', F64([2, 2], -1, 1, -2, 2)],
    ['no knots', 'scaler.knots.0', F64([3, 0])],
    ['a knot at infinity', 'scaler.knots.0', F64([3, 2], -1, Number.POSITIVE_INFINITY, -2, 2, 1, 3)],
    ['knots in float32', 'scaler.knots.0', { dtype: 'F32', shape: [3, 1], data: Float32Array.of(0, 0, 1) }],
    ['bounds that cross', 'scaler.supports', F64([2, 4], 1, 0, 0, 0, 1, 2, 1, -1)],
    ['a bound that is neither there nor not', 'scaler.supports', F64([2, 4], 0.5, 0, 0, 0, 0, 0, 0, 0)],
    ['bounds of three columns', 'scaler.supports', F64([3, 4], ...Array(12).fill(0))],
    ['a tail that bends back', 'scaler.bends', F64([2, 2], -0.5, 0, 0, 2)],
    ['a tail that bends by 1e-9', 'scaler.bends', F64([2, 2], 1e-9, 0, 0, 2)],
    ['a tail a column', 'scaler.bends', F64([2], 0.5, 0)],
    ['tails of one column', 'scaler.bends', F64([1, 2], 0.5, 0)],
    ['a diagonal that is not positive', 'scaler.whitening.matrix', F64([2, 2], 1, 0, 5, 0)],
    ['a matrix that is not triangular', 'scaler.whitening.matrix', F64([2, 2], 1, 3, 5, 2)],
    ['a matrix that is not square', 'scaler.whitening.matrix', F64([2, 1], 1, 5)],
    ['a mean of three columns', 'scaler.whitening.mean', F64([3], 1, 2, 3)],
  ]
  test.each(refusals)('is refused with %s', (_, name, tensor) => {
    const bytes = bent(({ tensors }) => replace(tensors, name, tensor))
    expect(() => decodeFlow(bytes)).toThrow(FormatError)
    expect(() => decodeFlow(bytes)).toThrow(/This model file is damaged/)
  })

  test('is refused where it has three columns normal and its flow two', () => {
    const three = bent(({ tensors }) => {
      replace(tensors, 'scaler.whitening.mean', F64([3], 1, 2, 3))
      replace(tensors, 'scaler.whitening.matrix', F64([3], 1, 2, 3))
    })
    expect(() => decodeFlow(three)).toThrow('its scaler makes 3 columns normal, its flow has 2')
  })

  test('is refused as version 1, as which an older reader would take it', () => {
    const older = bent(({ metadata }) => {
      metadata.formatVersion = '1'
    })
    expect(() => decodeFlow(older)).toThrow(/its scaler has no use for a tensor/)
  })
})
