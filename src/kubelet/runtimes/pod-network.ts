import type { Serve } from '../../world/answering.ts'
import type { RequestOptions, ResponseStream } from '../../world/network.ts'
import type { WebHandler } from '../../world/web.ts'

/** The network that pods are on: whoever runs the cluster's network fills this port. */
export interface PodNetwork {
  /** Answers at an address until the returned function is called. Throws when somebody else does already. */
  listen(listening: PodListening): () => void
  isListening(address: PodAddress): boolean
  /** Rejects in the words of Go's net package when there is no connection. */
  request(
    options: RequestOptions,
    origin: { readonly namespace?: string; readonly podIp?: string },
  ): Promise<ResponseStream>
}

interface PodAddress {
  readonly ip: string
  readonly port: number
}

/** A program has a handler; a simulated server may misbehave, and says what it speaks. */
export type PodListening = PodAddress &
  ({ readonly handler: WebHandler } | { readonly serve: Serve; readonly protocol: 'HTTP' | 'HTTPS' | 'GRPC' | 'TCP' })
