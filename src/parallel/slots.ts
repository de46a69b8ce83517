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
  /** One word, another one whenever the calling side has changed a state: what the worker waits at. */
  readonly changes: Int32Array
}

export function createSlots(count: number): Slots {
  return {
    states: new Int32Array(new SharedArrayBuffer(4 * count)),
    rows: new Float64Array(new SharedArrayBuffer(16 * count)),
    changes: new Int32Array(new SharedArrayBuffer(4)),
  }
}

/** The calling side's way of changing a state. */
function put({ states, changes }: Slots, slot: number, state: number): void {
  Atomics.store(states, slot, state)
  Atomics.add(changes, 0, 1)
  Atomics.notify(changes, 0)
}

/** The worker's side: computes what is put into its slots, in turn where there are several, until it is over. */
export function serveSlots(
  { states, rows, changes }: Slots,
  compute: (slot: number, first: number, count: number) => void,
): void {
  for (let turn = 0; ; ) {
    const seen = Atomics.load(changes, 0)
    const slot = nextFull(states, turn)
    if (slot === undefined) {
      if (Atomics.load(states, 0) === STATE.over) return
      Atomics.wait(changes, 0, seen)
      continue
    }
    compute(slot, rows[2 * slot], rows[2 * slot + 1])
    // Unless it is over in the meantime.
    Atomics.compareExchange(states, slot, STATE.full, STATE.done)
    Atomics.notify(states, slot)
    turn = slot + 1
  }
}

/** The first full slot from `turn` on, round and round. */
function nextFull(states: Int32Array, turn: number): number | undefined {
  for (let i = 0; i < states.length; i++) {
    const slot = (turn + i) % states.length
    if (Atomics.load(states, slot) === STATE.full) return slot
  }
  return undefined
}

/** The calling side: has a slot computed, once its rows are there. `ended` rejects where the worker ends before that. */
export async function computeSlot(
  slots: Slots,
  slot: number,
  first: number,
  count: number,
  ended: Promise<never>,
): Promise<void> {
  const { states, rows } = slots
  rows[2 * slot] = first
  rows[2 * slot + 1] = count
  put(slots, slot, STATE.full)
  while (Atomics.load(states, slot) === STATE.full) {
    const { async, value } = Atomics.waitAsync(states, slot, STATE.full)
    if (async) await Promise.race([value, ended])
  }
}

/** Sends the worker home; it may still compute one slot. */
export function endSlots(slots: Slots): void {
  for (let slot = slots.states.length - 1; slot >= 0; slot--) put(slots, slot, STATE.over)
}
