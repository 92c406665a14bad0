import type { ResponseStream } from '../../world/network.ts'

/** One HTTP request, whoever carries it. */
export interface ScrapeRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** PEM texts. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly insecure?: boolean }
}

export type ScrapeResponse = ResponseStream

/**
 * Carries a request to a target: over the host's network, or into a cluster whose pods have addresses that only the cluster
 * knows. Names of headers in the answer are in lower case.
 */
export type ScrapeTransport = (request: ScrapeRequest, signal: AbortSignal) => Promise<ScrapeResponse>
