import { board } from './generators/checkerboard.js'
import { fourRings, twoCircles } from './generators/circles.js'
import { gaussiansOnCircle } from './generators/eight-gaussians.js'
import type { Generator } from './generators/generator.js'
import { crescent } from './generators/jang.js'
import { moonsGenerator } from './generators/moons.js'
import { wheel } from './generators/pinwheel.js'
import { roll } from './generators/swiss-roll.js'
import { spirals } from './generators/two-spirals.js'

export { checkerboard } from './generators/checkerboard.js'
export { circles, rings } from './generators/circles.js'
export { eightGaussians } from './generators/eight-gaussians.js'
export type { Generator, GeneratorOptions } from './generators/generator.js'
export { jang } from './generators/jang.js'
export { type MoonsOptions, moons, moonsGenerator } from './generators/moons.js'
export { pinwheel } from './generators/pinwheel.js'
export { swissRoll } from './generators/swiss-roll.js'
export { twoSpirals } from './generators/two-spirals.js'

/** Every generator by its name. */
export const generators: ReadonlyMap<string, Generator> = new Map(
  [crescent, moonsGenerator(), gaussiansOnCircle, twoCircles, fourRings, board, roll, spirals, wheel].map((g) => [
    g.name,
    g,
  ]),
)
