import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, test } from 'vitest'
import { playTranscript } from './play-transcript.ts'
import { ServedCluster } from './served-cluster.ts'

const TRANSCRIPTS = fileURLToPath(new URL('helm', import.meta.url))
const KUBECTL = '1.35'

// The releases are of the chart in fixtures/chart. Each transcript has a cluster of its own, on the wall clock: on a busy
// machine a step may look too early; a transcript is then played again on a fresh cluster.
describe('helm 4 does what it does against Kubernetes', () => {
  test.concurrent.each(readdirSync(TRANSCRIPTS).sort())('%s', { timeout: 600_000, retry: 2 }, async (name) => {
    await using cluster = await ServedCluster.start({ kubectl: KUBECTL })
    await playTranscript(cluster, `${TRANSCRIPTS}/${name}`, KUBECTL)
  })
})
