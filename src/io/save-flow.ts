import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { asError, FormatError, UsageError } from '../errors.js'
import type { Model } from '../flow/ensemble.js'
import type { Flow } from '../flow/flow.js'
import type { KernelChoice } from '../kernels/create.js'
import type { Precision } from '../kernels/heap.js'
import { decodeFlow, decodeModel, encodeModel } from './model-record.js'
import { writeFileWhole } from './write-file.js'

/** The model's name in a run folder. */
export const MODEL_FILE = 'model.safetensors'

/**
 * Writes the model file of a flow, or of an ensemble with all its members: parameters, scaler, architecture, seed and what is
 * known of the data. The file is
 * whole or not there: it is written aside, synced and renamed. Throws the system's error under a message that names
 * the path.
 */
export async function saveFlow(model: Model, path: string): Promise<void> {
  try {
    await writeFileWhole(path, encodeModel(model))
  } catch (cause) {
    throw new Error(`The model cannot be saved as ${path}: ${asError(cause).message}`, { cause })
  }
}

/**
 * Reads a flow from its model file, or from the folder that holds it as `model.safetensors`. Nothing in it is run.
 * `P` is what the caller knows of the model's precision; only a float64 reference model needs it said.
 * @throws UsageError where there is no such file, FormatError where it is not a whole model this version can read, or an
 *   ensemble, which `loadModel` reads.
 */
export async function loadFlow<P extends Precision = 'float32'>(
  path: string,
  options: { kernels?: KernelChoice } = {},
): Promise<Flow<P>> {
  return (await decoded(path, (bytes) => decodeFlow<P>(bytes, options))).model
}

/**
 * Reads whatever `saveFlow` has written, a flow or an ensemble: `model instanceof Ensemble` tells which.
 * @throws UsageError, FormatError as `loadFlow`.
 */
export async function loadModel<P extends Precision = 'float32'>(
  path: string,
  options: { kernels?: KernelChoice } = {},
): Promise<Model<P>> {
  return (await readModel<P>(path, options)).model
}

/** The same with the file that was read, and what was in it. */
export async function readModel<P extends Precision = 'float32'>(
  path: string,
  options: { kernels?: KernelChoice } = {},
): Promise<{ model: Model<P>; file: string; bytes: Uint8Array }> {
  return decoded(path, (bytes) => decodeModel<P>(bytes, options))
}

/** What the bytes of a file are, with its name in whatever is wrong with them. */
async function decoded<Result>(
  path: string,
  decode: (bytes: Uint8Array) => Result,
): Promise<{ model: Result; file: string; bytes: Uint8Array }> {
  const { file, bytes } = await read(path)
  try {
    return { model: decode(bytes), file, bytes }
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new FormatError(`${file}: ${cause.message}`, { cause })
  }
}

async function read(path: string): Promise<{ file: string; bytes: Uint8Array }> {
  try {
    const file = (await stat(path)).isDirectory() ? join(path, MODEL_FILE) : path
    return { file, bytes: await readFile(file) }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new UsageError(`There is no model at ${path}; give a ${MODEL_FILE}, or a folder that holds one.`, { cause })
    }
    throw new UsageError(`The model at ${path} cannot be read: ${asError(cause).message}`, { cause })
  }
}
