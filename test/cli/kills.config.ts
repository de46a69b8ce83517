import { defineConfig } from 'vitest/config'

/** `npm run test:kills`: minutes of work, so not among the ordinary tests. */
export default defineConfig({ test: { include: ['test/cli/kills.ts'], testTimeout: 3_600_000 } })
