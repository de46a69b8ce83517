/** Bytes that the largest array asked for since `forget` has. */
let largest = 0

const typed = [
  'Uint8Array',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'ArrayBuffer',
] as const

/** Notes from now on how large the arrays are that are asked for by their length; before the library is loaded. */
export function watchArrays(): void {
  for (const name of typed) {
    const own = globalThis[name] as unknown as { new (...args: unknown[]): object; BYTES_PER_ELEMENT?: number }
    const bytes = own.BYTES_PER_ELEMENT ?? 1
    const watched: typeof own = new Proxy(own, {
      construct(target, args, newTarget): object {
        if (typeof args[0] === 'number') largest = Math.max(largest, args[0] * bytes)
        return Reflect.construct(target, args, newTarget === watched ? target : newTarget)
      },
    })
    Object.defineProperty(globalThis, name, { value: watched, writable: true, configurable: true })
  }
}

export const largestArray = (): number => largest

export function forgetArrays(): void {
  largest = 0
}
