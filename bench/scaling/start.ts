// A fresh process that trains one step, twice, with the threads it is given; prints milliseconds as JSON.
import { fit } from 'pushforward'
import { unsharedWasm } from '#kernels/wasm.generated.js'
import { build, standardised } from '../peers/workloads.js'

const threads = Number(process.argv[2])
const workload = { name: '', rows: 1024, dim: 2, hidden: [4] }
const rows = standardised(workload)

async function timed(work: () => unknown): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

const compile = await timed(() => new WebAssembly.Module(Buffer.from(unsharedWasm, 'base64')))
const first = await timed(() => fit(build(workload), rows, { steps: 1, threads }))
const again = await timed(() => fit(build(workload), rows, { steps: 1, threads }))
console.log(JSON.stringify({ compile, first, again }))
