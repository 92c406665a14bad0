import type { RequestOptions, ResponseStream } from '../../../world/network.ts'
import type { WebHandler } from '../../../world/web.ts'

/** The network that pods are on: whoever runs the cluster's network fills this port. */
export interface PodNetwork {
  /** Answers at an address until the returned function is called. Throws when somebody else does already. */
  listen(listening: { readonly ip: string; readonly port: number; readonly handler: WebHandler }): () => void
  isListening(address: { readonly ip: string; readonly port: number }): boolean
  /** Rejects in the words of Go's net package when there is no connection. */
  request(
    options: RequestOptions,
    origin: { readonly namespace?: string; readonly podIp?: string },
  ): Promise<ResponseStream>
}
