import type { ApiObject } from '../../../api/object.ts'

/** networking.k8s.io Ingress, in the fields that decide about traffic. */
export interface Ingress extends ApiObject {
  readonly spec?: {
    readonly ingressClassName?: string
    readonly rules?: readonly IngressRule[]
    readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[]
    readonly defaultBackend?: IngressBackend
  }
}

export interface IngressRule {
  readonly host?: string
  readonly http?: { readonly paths?: readonly IngressPath[] }
}

export interface IngressPath {
  readonly path?: string
  readonly pathType?: 'Exact' | 'Prefix' | 'ImplementationSpecific'
  readonly backend: IngressBackend
}

export interface IngressBackend {
  readonly service?: { readonly name: string; readonly port?: { readonly number?: number; readonly name?: string } }
}

/** networking.k8s.io IngressClass: who serves the Ingresses that name it. */
export interface IngressClass extends ApiObject {
  readonly spec?: { readonly controller?: string }
}
