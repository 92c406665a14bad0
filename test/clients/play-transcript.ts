import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { ServedCluster } from './served-cluster.ts'
import { mismatch, parseTranscript, type Step } from './transcript.ts'

const SOON_MS = 60_000
const RETRY_MS = 100

/** Runs the commands of a transcript one after the other; the test fails at the first that prints something else. */
export async function playTranscript(cluster: ServedCluster, path: string, version: string): Promise<void> {
  for (const step of parseTranscript(readFileSync(path, 'utf8'), version)) {
    const wrong = await run(cluster, step)
    if (wrong !== undefined) expect.fail(`${path}:${step.line}\n$ ${step.command}\n${wrong}`)
  }
}

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
