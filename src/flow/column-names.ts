import type { Model } from './ensemble.js'

/** Names of a flow's columns and, behind them, of those that they are conditioned on; x1, x2, …, c1, c2, … where unknown. */
export function columnNames({ data, dim, contextDim }: Model): readonly string[] {
  if (data.columns) return data.columns
  const numbered = (letter: string, count: number) => Array.from({ length: count }, (_, j) => `${letter}${j + 1}`)
  return [...numbered('x', dim), ...numbered('c', contextDim)]
}

/** The last of them: what the others are conditioned on. */
export function givenNames(flow: Model): readonly string[] {
  return columnNames(flow).slice(flow.dim)
}
