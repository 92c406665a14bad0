import type { HashedRequest } from '../balance/hash-source.ts'
import type { RoutedRequest } from './routed-request.ts'
import type { IncomingConnection } from './steps.ts'

/** A request as hashes see it. */
export function hashedRequest(
  { list: headers, query = '', clientAddress }: RoutedRequest,
  { source, destination }: IncomingConnection,
): HashedRequest {
  return {
    headers,
    query,
    clientAddress: clientAddress ?? source.address,
    connection: `${printed(source)}${printed(destination)}`,
  }
}

function printed({ address, port }: IncomingConnection['source']): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
