import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { KubectlVersion } from './binaries.ts'
import { ServedCluster } from './served-cluster.ts'
import { mismatch, parseTranscript, type Step } from './transcript.ts'

const TRANSCRIPTS = fileURLToPath(new URL('transcripts/', import.meta.url))
const SOON_MS = 20_000
const RETRY_MS = 100
const VERSIONS: readonly KubectlVersion[] = ['1.34', '1.35']

// Each transcript has a cluster of its own: none sees what another does. Clusters run on the wall clock, and on a busy
// machine a step may look too early; a transcript is then played again on a fresh cluster.
describe.each(VERSIONS)('kubectl %s prints what it prints against Kubernetes', (version) => {
  test.concurrent.each(readdirSync(TRANSCRIPTS).sort())('%s', { timeout: 120_000, retry: 2 }, async (name) => {
    await using cluster = await ServedCluster.start({ kubectl: version })
    for (const step of parseTranscript(readFileSync(`${TRANSCRIPTS}/${name}`, 'utf8'), version)) {
      const wrong = await run(cluster, step)
      if (wrong !== undefined) expect.fail(`${name}:${step.line}\n$ ${step.command}\n${wrong}`)
    }
  })
})

/** What is wrong with what a step did, if anything is. */
async function run(cluster: ServedCluster, step: Step): Promise<string | undefined> {
  const deadlineMs = Date.now() + (step.soon ? SOON_MS : 0)
  for (;;) {
    const { code, output } = await cluster.sh(step.command)
    const wrong =
      code === step.code ? mismatch(step, output) : `expected exit code ${step.code}, got ${code}:\n${output}`
    if (wrong === undefined || Date.now() >= deadlineMs) return wrong
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}
