/**
 * How a proxy asks for a tunnel in ALPN: before each protocol that it could speak, behind all that it could speak without one.
 * Who does not know of tunnels chooses one of those.
 */
const PREFIX = 'dabba-tunnel+'

/** The protocol of a tunnel whose connections speak `protocol`. */
export function tunnelProtocol(protocol: string): string {
  return PREFIX + protocol
}

/** What connections of a tunnel speak; undefined where the protocol is not that of a tunnel. */
export function carriedProtocol(protocol: string | undefined): string | undefined {
  return protocol?.startsWith(PREFIX) === true ? protocol.slice(PREFIX.length) : undefined
}
