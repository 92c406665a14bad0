import type { Duplex } from 'node:stream'
import { httpConnection } from '../world/http-connection.ts'
import type { ClusterNetwork } from './cluster-network.ts'
import { connectionRefused, printAddress } from './dial-error.ts'
import type { Address } from './service-endpoints.ts'

/** Connects to a port of a pod, as from inside of it. Rejects with a `DialError` when nobody listens there. */
export function connectPod(network: ClusterNetwork, { ip, port }: Address): Promise<Duplex> {
  if (!network.isListening({ ip, port })) return Promise.reject(connectionRefused({ ip: '127.0.0.1', port }))
  const base = `http://${printAddress(ip, port)}`
  return Promise.resolve(httpConnection({ base, answer: (request) => network.request(request) }))
}
