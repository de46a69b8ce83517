/** ln|det| by Gaussian elimination with partial pivoting. */
export function logAbsDet(matrix: number[][]): number {
  const a = matrix.map((row) => [...row])
  let sum = 0
  for (let c = 0; c < a.length; c++) {
    const pivot = a.slice(c).reduce((best, row, r) => (Math.abs(row[c]) > Math.abs(a[best][c]) ? r + c : best), c)
    ;[a[c], a[pivot]] = [a[pivot], a[c]]
    sum += Math.log(Math.abs(a[c][c]))
    for (let r = c + 1; r < a.length; r++) {
      const factor = a[r][c] / a[c][c]
      for (let k = c; k < a.length; k++) a[r][k] -= factor * a[c][k]
    }
  }
  return sum
}
