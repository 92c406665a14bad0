/** A connection that was not made, or broke, in the words of Go's `net` package: what clients in clusters print. */
export class DialError extends Error {
  override readonly name = 'DialError'
}

export function noSuchHost(host: string): DialError {
  return new DialError(`dial tcp: lookup ${host}: no such host`)
}

export function connectionRefused({ ip, port }: { readonly ip: string; readonly port: number }): DialError {
  return new DialError(`dial tcp ${printAddress(ip, port)}: connect: connection refused`)
}

export function noRoute({ ip, port }: { readonly ip: string; readonly port: number }): DialError {
  return new DialError(`dial tcp ${printAddress(ip, port)}: connect: no route to host`)
}

export function printAddress(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}
