import { DEFAULT_MESH } from '../../../src/mesh/config/mesh-config.ts'
import type { PeerAuthentication } from '../../../src/mesh/config/types/peer-authentication.ts'
import { peerModes } from '../../../src/mesh/proxy/peer-mode.ts'
import { compile } from '../../../src/mesh/snapshot.ts'
import { expectSame, type Oracle, type OracleCase } from '../oracle.ts'

/** authn.json: what the policies that select a workload come to. */
export const oracle: Oracle = {
  open: () => run,
}

function run({ input, expect, ...rest }: OracleCase): void {
  const { config } = rest as unknown as { readonly config: readonly PeerAuthentication[] }
  const rootNamespace = String(input['rootNamespace'])
  const { peerAuthentications } = compile(config, { ...DEFAULT_MESH, rootNamespace })
  // Cases do not say who the workload is: every policy selects it.
  const labels = Object.assign({}, ...config.map(({ spec }) => spec?.selector?.matchLabels ?? {})) as Record<
    string,
    string
  >
  const namespaces = config.map(({ metadata }) => metadata.namespace ?? 'default')
  const namespace = namespaces.find((candidate) => candidate !== rootNamespace) ?? 'anywhere'
  const { mode, byPort } = peerModes(peerAuthentications, { namespace, labels, rootNamespace })
  expectSame('mode', mode, expect['mode'])
  expectSame('perPort', Object.fromEntries(byPort), expect['perPort'])
}
