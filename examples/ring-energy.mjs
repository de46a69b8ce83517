// An energy of one's own: a ring of radius 2 and width 0.4, denser at the top.
import { rowEnergy } from 'pushforward'

/** U = ½((‖x‖ − 2)/0.4)² − y/2 of one row, and its gradient. Every thread imports it. */
export const ring = rowEnergy(2, ([x, y], gradient) => {
  const r = Math.sqrt(x * x + y * y)
  const slope = r === 0 ? 0 : (r - 2) / (0.16 * r)
  gradient[0] = slope * x
  gradient[1] = slope * y - 0.5
  return 0.5 * ((r - 2) / 0.4) ** 2 - 0.5 * y
})
