import type { Declaration, Operand, Role, Size } from '#kernels/operation.js'
import { operations } from '#kernels/program.js'

const HEAD = `# Operations

What a pass over a tile may hold, as declared in \`src/kernels/operations\`. This page is made of
the declarations; after a change of them:

    npm run build && npx vitest run test/kernels/documentation.test.ts -u

A kernel takes the counts in parentheses and then the operands in their order, arrays by where they lie. Arrays are
feature-major: number j of row t of [dim, rows] lies at j · rows + t. What is *read* stays as it is, what is *written* is
overwritten, gradients of parameters are added to, and *scratch* holds nothing that matters, before or afterwards. Arrays
with a question mark may be missing.
`

/** How each role is called, in the order in which a person looks for them. */
const ROLES: Readonly<Record<Role, string>> = {
  value: 'number',
  key: 'key of random numbers',
  read: 'reads',
  stride: 'stride',
  write: 'writes',
  add: 'adds to',
  update: 'updates',
  gradient: 'adds to gradients',
  scratch: 'scratch',
}

/** A length in words: that of a function is what its arrow points to. */
function sizeText(size: Size): string {
  if (typeof size !== 'function') return String(size)
  const [, body] = String(size).split('=>')
  return body
    .trim()
    .replaceAll(/ ?\* ?/g, '·')
    .replaceAll(/Math\.ceil\(([^()]*)\)/g, '⌈$1⌉')
}

function operandText(name: string, { role, shape, optional, of }: Operand): string {
  if (role === 'stride') return `\`${name}\` from row to row of \`${of}\``
  const array = role === 'value' || role === 'key' ? `\`${name}\`` : `\`${name}\` [${shape.map(sizeText).join(', ')}]`
  return optional ? `${array}?` : array
}

function section({ id, counts, operands, formula }: Declaration): string {
  const lines = Object.entries(ROLES).flatMap(([role, word]) => {
    const named = Object.entries(operands).filter(([, operand]) => operand.role === role)
    return named.length > 0
      ? [`- ${word} ${named.map(([name, operand]) => operandText(name, operand)).join(', ')}`]
      : []
  })
  return [
    `## ${id}(${counts.join(', ')})`,
    '',
    formula,
    '',
    ...lines,
    '',
    `In order: ${Object.keys(operands).join(', ')}.`,
    '',
  ].join('\n')
}

/** docs/kernels.md, from the declarations. */
export function kernelTable(): string {
  return [HEAD, ...operations.map(section)].join('\n')
}
