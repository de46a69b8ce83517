import { defineConfig } from 'vitest/config'

/** `npm run test:exhaustive`: minutes of work, so not among the ordinary tests. */
export default defineConfig({ test: { include: ['test/kernels/exhaustive.ts'], testTimeout: 3_600_000 } })
