import { ln } from '../../random/elementary.js'
import { generator } from './generator.js'

const LN_AREA = ln(32)
/** Fields on each side of an axis. */
const FIELDS = 2
const WIDTH = 2

/** A checkerboard of 4 × 4 fields, 2 wide, half of them full, as in Grathwohl et al., FFJORD (2019). */
export const board = generator(
  'checkerboard',
  LN_AREA,
  (stream) => {
    const x1 = 2 * FIELDS * stream.uniform() - FIELDS
    const odd = Math.floor(x1) & 1
    const lower = FIELDS * stream.integer(2)
    return [WIDTH * x1, WIDTH * (stream.uniform() - lower + odd)]
  },
  (x1, x2) => (isFull(x1 / WIDTH, x2 / WIDTH) ? -LN_AREA : -Infinity),
)

/** Whether a field is that holds (a, b), edges included: a point may be rounded onto one. */
function isFull(a: number, b: number): boolean {
  if (!(Math.abs(a) <= FIELDS && Math.abs(b) <= FIELDS)) return false
  const [row, column] = [Math.floor(a), Math.floor(b)]
  return row === a || column === b || ((row + column) & 1) === 0
}

/**
 * n points [n, 2], uniform on the fields of a checkerboard on [−4, 4]²: x1 = 4u − 2 and x2 = u′ − 2b + (⌊x1⌋ mod 2)
 * with b of {0, 1}, both doubled; see Generator.generate.
 */
export const checkerboard = board.generate
