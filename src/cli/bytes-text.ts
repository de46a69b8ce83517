/** Three figures: 512 B, 1.23 MB. */
export function bytesText(bytes: number): string {
  const power = Math.min(3, Math.max(0, Math.floor(Math.log10(bytes) / 3)))
  return `${power === 0 ? Math.round(bytes) : (bytes / 1000 ** power).toPrecision(3)} ${['B', 'kB', 'MB', 'GB'][power]}`
}
