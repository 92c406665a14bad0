import { ServiceAccount } from '../../../api/kinds/core/service-account.ts'
import type { Pod, TokenRequest, Volume } from '../../../api/types.generated.ts'
import type { Client } from '../../../client/client.ts'
import type { Files } from '../../volumes/payload.ts'

/** kubernetes/kubernetes pkg/apis/core/v1/defaults.go: SetDefaults_ServiceAccountTokenProjection */
const LIFETIME_SECONDS = 3_600

export interface Tokens {
  readonly files: Files
  /** When the first of them should be exchanged, in seconds from now; infinite without any. */
  readonly renewAfterSeconds: number
}

/** The service account tokens that a projected volume shows, bound to the pod, new each time. */
export async function accountTokens(volume: Volume, pod: Pod, client: Client): Promise<Tokens> {
  const files: Record<string, Uint8Array> = {}
  let renewAfterSeconds = Number.POSITIVE_INFINITY
  for (const { serviceAccountToken } of volume.projected?.sources ?? []) {
    if (serviceAccountToken === undefined) continue
    const { path, audience = '', expirationSeconds = LIFETIME_SECONDS } = serviceAccountToken
    const { namespace = '', name, uid = '' } = pod.metadata
    const account = { namespace, name: pod.spec.serviceAccountName ?? 'default' }
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: '' },
      spec: {
        audiences: audience === '' ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    }
    const answer = (await client.createSubresource(ServiceAccount, account, 'token', request)) as TokenRequest
    files[path] = Buffer.from(answer.status?.token ?? '')
    // kubernetes/kubernetes pkg/kubelet/token/token_manager.go: after four fifths of its life.
    renewAfterSeconds = Math.min(renewAfterSeconds, expirationSeconds * 0.8)
  }
  return { files, renewAfterSeconds }
}
