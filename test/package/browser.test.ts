import { builtinModules } from 'node:module'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { flow, jang, leakyReLU } from 'pushforward'
import { type Plugin, rolldown } from 'rolldown'
import { expect, test } from 'vitest'

const dist = (path: string) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url))

/** What a page needs: all that the library can do without Node. */
const core = `
  export { createHeap, createKernels } from ${JSON.stringify(dist('kernels/create.js'))}
  export { TrainingRank } from ${JSON.stringify(dist('step/training-rank.js'))}
  export { planTraining } from ${JSON.stringify(dist('step/plan.js'))}
  export { adamW } from ${JSON.stringify(dist('step/adamw.js'))}
  export { stopping } from ${JSON.stringify(dist('step/stopping.js'))}
  export { alone } from ${JSON.stringify(dist('step/communicator.js'))}
  export { flow } from ${JSON.stringify(dist('flow/flow.js'))}
  export { encodeFlow, decodeFlow } from ${JSON.stringify(dist('io/model-record.js'))}
  export { leakyReLU } from ${JSON.stringify(dist('layers/leaky-relu.js'))}
  export { jang } from ${JSON.stringify(dist('data/generators.js'))}
  export { ScalerFit } from ${JSON.stringify(dist('data/scaler.js'))}
  export { parseTable } from ${JSON.stringify(dist('data/table.js'))}
  export { GaussianFit } from ${JSON.stringify(dist('data/gaussian.js'))}
  export { formatTable } from ${JSON.stringify(dist('data/write-table.js'))}
`

/** Bundles a module's source as one script that sets `core`; `ofNode` gathers who imports a module of Node. */
async function bundle(source: string): Promise<{ code: string; ofNode: string[] }> {
  const ofNode: string[] = []
  const plugin: Plugin = {
    name: 'no-node',
    resolveId(id, importer) {
      if (id === 'virtual:core') return id
      if (!id.startsWith('node:') && !builtinModules.includes(id)) return undefined
      ofNode.push(`${importer} imports ${id}`)
      return { id, external: true }
    },
    load: (id) => (id === 'virtual:core' ? source : undefined),
  }
  const build = await rolldown({ input: 'virtual:core', platform: 'browser', plugins: [plugin], logLevel: 'silent' })
  const { output } = await build.generate({ format: 'iife', name: 'core' })
  await build.close()
  return { code: output[0].code, ofNode }
}

test('the core imports nothing of Node, its dependencies included', async () => {
  expect((await bundle(core)).ofNode).toEqual([])
})

test('an import of Node in the core is seen', async () => {
  const { ofNode } = await bundle(`${core}; export { fit } from ${JSON.stringify(dist('train/fit.js'))}`)
  expect(ofNode.join('\n')).toMatch(/sha256\.js imports node:crypto/)
})

test('the core runs where there is nothing of Node, and gives the same bits', async () => {
  const { code } = await bundle(core)
  const page = { TextEncoder, TextDecoder, WebAssembly, atob, performance }
  const program = `${code}
    const model = core.decodeFlow(core.encodeFlow(core.flow(2, [core.leakyReLU()], { seed: 3 })))
    Array.from(model.logProb(core.jang(200, { seed: 1 })))`
  const values = runInNewContext(program, page)
  expect(values.length).toBe(200)
  expect([...values]).toEqual([...flow(2, [leakyReLU()], { seed: 3 }).logProb(jang(200, { seed: 1 }))])
})
