/** Datagrams over UDP, as a port. */
export interface Datagrams {
  /** Rejects when the address cannot be had. */
  bind(options: DatagramOptions): Promise<DatagramSocket>
}

export interface DatagramOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  onMessage(bytes: Uint8Array, from: DatagramPeer): void
  /** A datagram that could not be sent, or a socket that failed. */
  onError(error: Error): void
}

export interface DatagramPeer {
  readonly host: string
  readonly port: number
}

export interface DatagramSocket {
  readonly port: number
  /** Whether it arrives, nobody tells. */
  send(bytes: Uint8Array, to: DatagramPeer): void
  close(): Promise<void>
}
