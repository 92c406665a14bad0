import type { ApiObject } from '../../../api/object.ts'

/** security.istio.io PeerAuthentication: whether callers must prove who they are. */
export interface PeerAuthentication extends ApiObject {
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly mtls?: { readonly mode?: WrittenMode }
    readonly portLevelMtls?: Readonly<Record<string, { readonly mode?: WrittenMode }>>
  }
}

export type MtlsMode = 'DISABLE' | 'PERMISSIVE' | 'STRICT'

type WrittenMode = MtlsMode | 'UNSET'
