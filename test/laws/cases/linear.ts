import { householder, invert, luLinear, permutation, reverse, rotation } from 'pushforward'
import { type Case, moved } from './case.js'

export const linearCases: readonly Case[] = [
  ...[1, 2, 3, 5, 6].map((dim): Case => ({ name: `luLinear, ${dim}-D`, spec: luLinear(), dim, wide: 0.5 })),
  { name: 'luLinear, permuted', spec: luLinear({ permutationSeed: 1 }), dim: 5, wide: 0.5 },
  { name: 'luLinear, no bias', spec: luLinear({ bias: false }), dim: 3, wide: 0.5 },
  ...[1, 2, 3, 5].map((dim): Case => ({ name: `householder, ${dim}-D`, spec: householder(), dim })),
  { name: 'householder, three reflections', spec: householder({ reflections: 3 }), dim: 4 },
  { name: 'rotation', spec: rotation(), dim: 2 },
  { name: 'permutation, by order', spec: permutation({ order: [2, 0, 1] }), dim: 3, ...moved([2, 0, 1]) },
  { name: 'permutation, by seed', spec: permutation({ seed: 5 }), dim: 5 },
  { name: 'reverse', spec: reverse(), dim: 4, ...moved([3, 2, 1, 0]) },
  { name: 'reverse, 1-D', spec: reverse(), dim: 1 },
  { name: 'invert, luLinear', spec: invert(luLinear()), dim: 3, wide: 0.5 },
]
