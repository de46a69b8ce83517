import type { Generator } from './generators/generator.js'
import { crescent } from './generators/jang.js'

export type { Generator, GeneratorOptions } from './generators/generator.js'
export { jang } from './generators/jang.js'

/** Every generator by its name. */
export const generators: ReadonlyMap<string, Generator> = new Map([crescent].map((g) => [g.name, g]))
