import { UsageError } from '../errors.js'

/** Coordinates that depend on the same ones. */
export interface Family {
  readonly members: readonly number[]
  readonly parents: readonly number[]
}

/**
 * The families of a matrix in which adjacency[i][j] = 1 says that coordinate i depends on j, in an order in which all
 * come after what they depend on. As equal rows of an acyclic matrix have all their parents at once, families never need to be
 * mixed.
 * @throws UsageError where the matrix is not square in the flow's dimension, or coordinates depend on each other in a circle.
 */
export function familiesOf(adjacency: readonly (readonly number[])[], dim: number): Family[] {
  if (adjacency.length !== dim || adjacency.some((row) => row.length !== dim)) {
    const got = `${adjacency.length} rows of ${[...new Set(adjacency.map((row) => row.length))].join(' or ')}`
    throw new UsageError(`autoregressive's adjacency has ${got}; expected ${dim} rows of ${dim}.`)
  }
  const parentsOf = adjacency.map((row) => row.flatMap((one, j) => (one === 1 ? [j] : [])))
  const left = new Map<string, { members: number[]; parents: number[] }>()
  for (const [i, parents] of parentsOf.entries()) {
    const key = parents.join()
    const family = left.get(key)
    if (family) family.members.push(i)
    else left.set(key, { members: [i], parents })
  }
  const families: Family[] = []
  const placed = new Set<number>()
  while (left.size > 0) {
    const ready = [...left].find(([, { parents }]) => parents.every((j) => placed.has(j)))
    if (!ready) throw new UsageError(`autoregressive's adjacency has a cycle: ${cycle(parentsOf, placed)}.`)
    const [key, family] = ready
    families.push(family)
    for (const i of family.members) placed.add(i)
    left.delete(key)
  }
  return families
}

/** A circle among coordinates of which none could be placed: each has a parent that could not. */
function cycle(parentsOf: readonly (readonly number[])[], placed: ReadonlySet<number>): string {
  const path: number[] = []
  let i = parentsOf.findIndex((_, j) => !placed.has(j))
  while (!path.includes(i)) {
    path.push(i)
    i = parentsOf[i].find((j) => !placed.has(j)) as number
  }
  const circle = [...path.slice(path.indexOf(i)), i]
  if (circle.length === 2) return `coordinate ${i} depends on itself, where 0 is meant: the diagonal stays empty`
  return `coordinate ${circle.join(' depends on ')}`
}
