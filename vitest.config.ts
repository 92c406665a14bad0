import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    setupFiles: ['test/support/dice.ts'],
    pool: 'threads',
    maxWorkers: 2,
    // What hangs is found by these: they are far beyond what anything takes, also where others keep the machine busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
