/** In the argument; a smaller step changes nothing but rounding. */
const RESOLVED = 1e-14
/** Never reached where the function is smooth. */
const MOST_ITERATIONS = 100

/**
 * A zero of a continuous function that has another sign at b than at a, by regula falsi that halves the value at an end
 * which stays. Source: Dowell and Jarratt, "A modified regula falsi method", BIT 11 (1971).
 */
export function zeroBetween(f: (x: number) => number, a: number, b: number): number {
  let [fa, fb] = [f(a), f(b)]
  for (let i = 0; i < MOST_ITERATIONS; i++) {
    const step = (fb * (b - a)) / (fb - fa)
    const c = b - step
    const fc = f(c)
    if (fc * fb < 0) {
      a = b
      fa = fb
    } else fa /= 2
    b = c
    fb = fc
    if (fc === 0 || Math.abs(step) < RESOLVED) break
  }
  return b
}
