import { add, COST, operation, read, write } from '../operation.js'

// Of the line onto the line, like x about 0 and like a logarithm far out.

export const symmetricLog = operation(
  'symmetricLog',
  ['rows'],
  { x: read('rows'), z: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  {
    formula: 'z = sign x·ln(1 + |x|), logDet −= |z|, slope = r = 1/(1 + |x|), bend = −r·sign x; z may be x',
    cost: ({ rows }) => (COST.log + 8) * rows,
  },
)

export const symmetricLogInverse = operation(
  'symmetricLogInverse',
  ['rows'],
  { z: read('rows'), x: write('rows'), logDet: add('rows'), slope: write('rows'), bend: write('rows') },
  {
    formula:
      'x = sign z·(e^|z| − 1), held at the largest number, logDet += |z|, slope = r = 1/(1 + |x|), bend = −r·sign z; x may be z',
    cost: ({ rows }) => (COST.exp + 8) * rows,
  },
)
