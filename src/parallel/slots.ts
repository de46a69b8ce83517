// How chunks pass between the calling thread and a worker that stays with one job: through slots of shared memory, of
// which a thread has more than one, so that it never waits for the next chunk while the last one is collected.

/** What a slot's word says: nothing to do yet or any more, a chunk to compute, a chunk computed, or that all is over. */
const STATE = { empty: 0, full: 1, done: 2, over: 3 }

/** A thread's slots as both sides see them; numbers say which rows a slot holds. */
export interface Slots {
  /** A word a slot. */
  readonly states: Int32Array
  /** First row and number of rows, by turns. */
  readonly rows: Float64Array
}

export function createSlots(count: number): Slots {
  return {
    states: new Int32Array(new SharedArrayBuffer(4 * count)),
    rows: new Float64Array(new SharedArrayBuffer(16 * count)),
  }
}

/** The worker's side: computes what is put into its slots, one after another, until it is over. */
export function serveSlots(
  { states, rows }: Slots,
  compute: (slot: number, first: number, count: number) => void,
): void {
  for (let slot = 0; ; slot = (slot + 1) % states.length) {
    let state = Atomics.load(states, slot)
    while (state !== STATE.full) {
      if (state === STATE.over) return
      Atomics.wait(states, slot, state)
      state = Atomics.load(states, slot)
    }
    compute(slot, rows[2 * slot], rows[2 * slot + 1])
    // Unless it is over in the meantime.
    Atomics.compareExchange(states, slot, STATE.full, STATE.done)
    Atomics.notify(states, slot)
  }
}

/** The calling side: has a slot computed, once its rows are there. `ended` rejects where the worker ends before that. */
export async function computeSlot(
  { states, rows }: Slots,
  slot: number,
  first: number,
  count: number,
  ended: Promise<never>,
): Promise<void> {
  rows[2 * slot] = first
  rows[2 * slot + 1] = count
  Atomics.store(states, slot, STATE.full)
  Atomics.notify(states, slot)
  while (Atomics.load(states, slot) === STATE.full) {
    const { async, value } = Atomics.waitAsync(states, slot, STATE.full)
    if (async) await Promise.race([value, ended])
  }
}

/** Sends the worker home; it may still compute one slot. */
export function endSlots({ states }: Slots): void {
  for (let slot = 0; slot < states.length; slot++) {
    Atomics.store(states, slot, STATE.over)
    Atomics.notify(states, slot)
  }
}
