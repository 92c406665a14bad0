import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'vitest'
import type { KubectlVersion } from './binaries.ts'
import { playTranscript } from './play-transcript.ts'
import { ServedCluster } from './served-cluster.ts'

const TRANSCRIPTS = fileURLToPath(new URL('transcripts', import.meta.url))

/**
 * Plays every transcript with one kubectl; each version has a test file of its own, so that they run side by side.
 *
 * Each transcript has a cluster of its own: none sees what another does. Clusters run on the wall clock, and on a busy
 * machine a step may look too early; a transcript is then played again on a fresh cluster.
 */
export function testKubectl(version: KubectlVersion): void {
  describe(`kubectl ${version} prints what it prints against Kubernetes`, () => {
    test.concurrent.each(readdirSync(TRANSCRIPTS).sort())('%s', { timeout: 600_000, retry: 2 }, async (name) => {
      await using cluster = await ServedCluster.start({ kubectl: version })
      await playTranscript(cluster, `${TRANSCRIPTS}/${name}`, version)
    })
  })
}
