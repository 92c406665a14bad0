/** What became of a connection. */
export type DialFailure = 'no-such-host' | 'refused' | 'no-route' | 'timeout' | 'reset' | 'protocol' | 'in-use'

/** A connection that was not made, or broke, in the words of Go's `net` package: what clients in clusters print. */
export class DialError extends Error {
  override readonly name = 'DialError'
  readonly how: DialFailure

  constructor(how: DialFailure, message: string) {
    super(message)
    this.how = how
  }
}

interface To {
  readonly ip: string
  readonly port: number
}

export function noSuchHost(host: string): DialError {
  return new DialError('no-such-host', `dial tcp: lookup ${host}: no such host`)
}

export function connectionRefused({ ip, port }: To): DialError {
  return new DialError('refused', `dial tcp ${printAddress(ip, port)}: connect: connection refused`)
}

export function noRoute({ ip, port }: To): DialError {
  return new DialError('no-route', `dial tcp ${printAddress(ip, port)}: connect: no route to host`)
}

/** Nobody said anything: what was sent was dropped on the way. */
export function dialTimeout({ ip, port }: To): DialError {
  return new DialError('timeout', `dial tcp ${printAddress(ip, port)}: i/o timeout`)
}

export function connectionReset({ ip, port }: To, from: string): DialError {
  return new DialError('reset', `read tcp ${from}->${printAddress(ip, port)}: read: connection reset by peer`)
}

export function printAddress(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}
