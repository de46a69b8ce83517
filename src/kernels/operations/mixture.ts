import { COST, operation, optional, read, update, value, write } from '../operation.js'

// A mixture of components with weights π = softmax(logits), the same for all rows or each row's own: `each` is 1 or rows.

export const mixture = operation(
  'mixture',
  ['components', 'rows', 'each'],
  {
    logits: read('components', 'each'),
    logProbs: read('components', 'rows'),
    responsibilities: write('components', 'rows'),
    logProb: write('rows'),
  },
  {
    formula: 'logProb = ln Σₖ πₖ·e^logProbs[k], responsibilities[k] = πₖ·e^(logProbs[k] − logProb)',
    cost: ({ components, rows, each }) => components * (rows * (COST.exp + 5) + each * (COST.exp + 2)),
  },
)

export const mixtureBackward = operation(
  'mixtureBackward',
  ['components', 'rows', 'each'],
  {
    logits: read('components', 'each'),
    responsibilities: read('components', 'rows'),
    dLogProb: read('rows'),
    dLogProbs: write('components', 'rows'),
    dLogits: optional(write('components', 'rows')),
  },
  {
    formula:
      'dLogProbs[k] = dLogProb·responsibilities[k], dLogits[k] = dLogProb·(responsibilities[k] − πₖ); exactly 0 where dLogProb is 0',
    cost: ({ components, rows, each }) => components * (3 * rows + each * (COST.exp + 3)),
  },
)

export const chooseComponent = operation(
  'chooseComponent',
  ['components', 'rows', 'each'],
  { logits: read('components', 'each'), uniform: read('rows'), component: write('rows') },
  {
    formula: 'component = the smallest k with uniform < π₀ + … + πₖ',
    cost: ({ components, rows, each }) => components * (2 * rows + each * (COST.exp + 2)),
  },
)

export const takeComponent = operation(
  'takeComponent',
  ['dim', 'rows'],
  { index: value(), component: read('rows'), from: read('dim', 'rows'), z: update('dim', 'rows') },
  { formula: 'z = from in rows whose component is index' },
)
