import { Service } from '../../api/kinds/core/service.ts'
import { type Key, keyOf, printKey } from '../../api/object.ts'
import type { Informers } from '../../client/informers.ts'
import type { Clock } from '../../world/clock.ts'
import { HttpConnections } from '../../world/http-connections.ts'
import type { HostSocket, Sockets } from '../../world/sockets.ts'
import { speaksTls } from '../call-handler.ts'
import type { ClusterNetwork, Listening } from '../cluster-network.ts'
import { printAddress } from '../dial-error.ts'
import type { Address } from '../service-endpoints.ts'
import { answerConnection } from './answer-connection.ts'
import { type Door, hasLoopbackNetwork, openDoor, OutOfDescriptors } from './host-door.ts'
import { PublishedAddresses } from './published-addresses.ts'
import { serviceDoors } from './service-doors.ts'

const LOOPBACK = '127.0.0.1'
/** Each listener is a descriptor, and there is one for each connection besides: systems give 1,024 where they give few. */
const LISTENERS_MAX = 4_096
/** Services are few, and are what people call: pods leave them so much room. */
const RESERVED_FOR_SERVICES = 512
/** How long a connection that policies deny is kept in silence: as long as clients wait for one whose packets are dropped. */
const DENIED_MS = 30_000
/** How many listeners are opened at once. */
const OPENING_MAX = 32

/** Takes connections over that come to pods whose traffic is somebody else's: those of a mesh. */
export interface ConnectionTaker {
  /**
   * Returns whether it has taken the connection, whose bytes are not read yet. `isDenied`: whether policies would refuse another
   * one from the same caller by now.
   */
  take(socket: HostSocket, to: Address, isDenied: () => boolean): boolean
  /** Whether it has made the connection itself, for one that it has taken: policies were asked about that one. */
  isOwn(socket: HostSocket): boolean
}

export interface HostListenersOptions {
  readonly network: ClusterNetwork
  readonly informers: Informers
  readonly sockets: Sockets
  readonly clock: Clock
  readonly taker?: ConnectionTaker
  readonly listenersMax?: number
  onError(error: Error): void
}

/** What the host reaches, and where. */
export interface HostListening {
  /** `pod/10.244.0.5:8080` or `service/shop/web/10.96.0.7:80` */
  readonly name: string
  readonly host: string
  readonly port: number
}

/**
 * Makes the cluster's addresses reachable from the host: a pod's 10.a.b.c is 127.a.b.c, a Service's likewise, each at the
 * ports that are served.
 *
 * Invariants:
 *  1. For each name at most one listener is open, or being opened, or being closed.
 *  2. There are at most `listenersMax`; what does not fit is told once.
 *  3. A connection is answered by who listens in the cluster when it comes; to a Service, by the endpoint whose turn it is.
 */
export class HostListeners implements AsyncDisposable {
  /** Addresses as clients on the host have them: what a DNS server for them tells. */
  readonly translation = {
    published: (ip: string): string => (this.#hasNetwork ? (this.#addresses.published(ip) ?? ip) : LOOPBACK),
    publishedPort: (ip: string, port: number): number => this.where({ ip, port })?.port ?? port,
    original: (ip: string): string => this.#addresses.original(ip) ?? ip,
  }
  readonly #options: HostListenersOptions
  readonly #addresses = new PublishedAddresses()
  readonly #http = new HttpConnections()
  readonly #wanted = new Map<string, Wanted>()
  readonly #doors = new Map<string, Door>()
  /** By the address of the cluster that they stand for. */
  readonly #names = new Map<string, string>()
  readonly #serviceNames = new Map<string, readonly string[]>()
  readonly #sockets = new Set<HostSocket>()
  /** Who answers which connections. */
  readonly #answered = new Map<Listening, Set<HostSocket>>()
  readonly #due = new Set<string>()
  readonly #busy = new Set<string>()
  readonly #onIdle: (() => void)[] = []
  #detach: readonly (() => void)[] = []
  #hasNetwork = true
  #pods = 0
  #isFull = false
  #isClosed = false

  constructor(options: HostListenersOptions) {
    this.#options = options
  }

  /** Begins to open what is served, and goes on until `close`. */
  async start(): Promise<void> {
    const { network, informers, sockets } = this.#options
    this.#hasNetwork = await hasLoopbackNetwork(sockets)
    this.#detach = [
      informers.of(Service).handle({
        added: (service) => this.#serviceSeen(service),
        updated: (service) => this.#serviceSeen(service),
        deleted: (service) => this.#serviceGone(service),
      }),
      network.observe({
        opened: (listening) => this.#podOpened(listening),
        closed: (listening) => this.#podClosed(listening),
      }),
    ]
  }

  /** Resolves when all that is wanted now is open, or was told not to be. */
  async settled(): Promise<void> {
    while (this.#busy.size > 0 || this.#due.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  list(): readonly HostListening[] {
    const all = Array.from(this.#doors, ([name, { host, port }]) => ({ name, host, port }))
    return all.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Where the host reaches an address of the cluster; undefined where it does not. */
  where({ ip, port }: Address): Address | undefined {
    const door = this.#doors.get(this.#names.get(printAddress(ip, port)) ?? '')
    return door === undefined ? undefined : { ip: door.host, port: door.port }
  }

  /** Where on this host a pod is, as others see its connections; undefined where it has no place of its own. */
  placeOf(ip: string): string | undefined {
    return this.#hasNetwork ? this.#addresses.published(ip) : undefined
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const detach of this.#detach) detach()
    this.#wanted.clear()
    for (const socket of this.#sockets) socket.destroy()
    this.#http.close()
    await this.settled()
    await Promise.all(Array.from(this.#doors.values(), (door) => door.close()))
    this.#doors.clear()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #podOpened(listening: Listening): void {
    // What speaks TLS in name only has nothing to say to those who really do.
    if (speaksTls(listening)) return
    const { ip, port } = listening
    if (this.#pods >= (this.#options.listenersMax ?? LISTENERS_MAX) - RESERVED_FOR_SERVICES) {
      this.#full()
      return
    }
    this.#want({ name: podName(ip, port), at: { ip, port }, target: { ip, port }, isPod: true })
  }

  /** What ends takes its connections along. */
  #podClosed(listening: Listening): void {
    for (const socket of this.#answered.get(listening) ?? []) socket.destroy()
    this.#answered.delete(listening)
    this.#drop(podName(listening.ip, listening.port))
  }

  #serviceSeen(service: Service): void {
    const key = printKey(keyOf(service))
    const doors = serviceDoors(service)
    const names = doors.map(({ name }) => name)
    for (const name of this.#serviceNames.get(key) ?? []) if (!names.includes(name)) this.#drop(name)
    this.#serviceNames.set(key, names)
    for (const { name, at, port } of doors)
      this.#want({ name, at, target: { key: keyOf(service), port }, isPod: false })
  }

  #serviceGone(service: Service): void {
    const key = printKey(keyOf(service))
    for (const name of this.#serviceNames.get(key) ?? []) this.#drop(name)
    this.#serviceNames.delete(key)
  }

  #want(wanted: Wanted): void {
    if (this.#wanted.has(wanted.name)) return
    if (this.#wanted.size >= (this.#options.listenersMax ?? LISTENERS_MAX)) {
      this.#full()
      return
    }
    this.#wanted.set(wanted.name, wanted)
    if (wanted.isPod) this.#pods++
    if (wanted.at.ip !== LOOPBACK) this.#names.set(printAddress(wanted.at.ip, wanted.at.port), wanted.name)
    this.#consider(wanted.name)
  }

  #drop(name: string): void {
    const wanted = this.#wanted.get(name)
    if (wanted === undefined) return
    if (wanted.isPod) this.#pods--
    this.#wanted.delete(name)
    this.#names.delete(printAddress(wanted.at.ip, wanted.at.port))
    this.#consider(name)
  }

  #full(): void {
    if (this.#isFull) return
    this.#isFull = true
    const max = this.#options.listenersMax ?? LISTENERS_MAX
    this.#options.onError(new Error(`more than ${max} addresses are served: the host reaches only the first of them`))
  }

  #consider(name: string): void {
    this.#due.add(name)
    if (!this.#busy.has(name)) this.#next()
  }

  /** Opens or closes what is due, one after the other for each name. */
  #next(): void {
    for (const name of this.#due) {
      if (this.#busy.size >= OPENING_MAX) return
      if (this.#busy.has(name)) continue
      this.#due.delete(name)
      this.#busy.add(name)
      void this.#settle(name).finally(() => {
        this.#busy.delete(name)
        this.#next()
        if (this.#busy.size > 0 || this.#due.size > 0) return
        for (const tell of this.#onIdle.splice(0)) tell()
      })
    }
  }

  async #settle(name: string): Promise<void> {
    const wanted = this.#wanted.get(name)
    const door = this.#doors.get(name)
    try {
      if (wanted === undefined && door !== undefined) {
        this.#doors.delete(name)
        await door.close()
      } else if (wanted !== undefined && door === undefined) {
        await this.#open(wanted)
      }
    } catch (error) {
      if (error instanceof OutOfDescriptors) this.#outOfDescriptors()
      else this.#options.onError(new Error(`${name} is not reached from the host: ${(error as Error).message}`))
    }
  }

  async #open({ name, at, target }: Wanted): Promise<void> {
    const ip = at.ip === LOOPBACK ? LOOPBACK : this.#addresses.published(at.ip)
    const hasPlace = ip !== undefined && (this.#hasNetwork || ip === LOOPBACK)
    const places = hasPlace ? [{ ip, port: at.port }] : []
    const door = await openDoor({ places, name }, this.#options.sockets, (socket) => this.#connected(socket, target))
    if (this.#isClosed) await door.close()
    else this.#doors.set(name, door)
  }

  #outOfDescriptors(): void {
    if (this.#isFull) return
    this.#isFull = true
    const hint = 'raise the limit of open files (ulimit -n)'
    this.#options.onError(new Error(`the system gives no more listeners: ${hint}`))
  }

  #connected(socket: HostSocket, target: Target): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const { network, taker, sockets, onError } = this.#options
    const to = 'ip' in target ? target : network.endpointOf(target.key, target.port)
    if (to === undefined) {
      // No endpoint is ready: kube-proxy lets such a connection be refused.
      socket.resetAndDestroy()
      return
    }
    const from = this.#callerOf(socket)
    const isAsked = taker?.isOwn(socket) !== true
    const listening = network.listeningAt(to)
    const isDenied = (): boolean => network.policies.denial({ from, to }) !== undefined
    if (isAsked && isDenied()) this.#keepInSilence(socket)
    else if (taker?.take(socket, to, isDenied) === true) {
      if (listening !== undefined) this.#keepWith(listening, socket)
    } else {
      if (listening === undefined) passOn(socket, to, sockets)
      else {
        this.#keepWith(listening, socket)
        answerConnection(socket, { listening, from }, { http: this.#http, sockets, onError })
      }
    }
  }

  #keepWith(listening: Listening, socket: HostSocket): void {
    const sockets = this.#answered.get(listening) ?? new Set()
    this.#answered.set(listening, sockets.add(socket))
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) this.#answered.delete(listening)
    })
  }

  /** A client on the host that binds a pod's own address speaks for that pod; all others are the host itself. */
  #callerOf({ remoteAddress = '' }: HostSocket): string | undefined {
    return remoteAddress.startsWith('127.0.0.') ? undefined : this.#addresses.original(remoteAddress)
  }

  #keepInSilence(socket: HostSocket): void {
    socket.on('error', () => undefined)
    const timer = this.#options.clock.schedule(DENIED_MS, () => socket.destroy())
    socket.once('close', () => timer.cancel())
  }
}

/** A pod's address, or a port of a Service. */
type Target = Address | { readonly key: Key; readonly port: number }

interface Wanted {
  readonly name: string
  readonly at: Address
  readonly target: Target
  readonly isPod: boolean
}

function podName(ip: string, port: number): string {
  return `pod/${printAddress(ip, port)}`
}

/** To an endpoint outside of the cluster, such as the API server's own listener: bytes, as they come. */
function passOn(socket: HostSocket, to: Address, sockets: Sockets): void {
  if (!to.ip.startsWith('127.')) {
    socket.resetAndDestroy()
    return
  }
  const upstream = sockets.connect({ host: to.ip, port: to.port })
  socket.on('error', () => upstream.destroy())
  upstream.on('error', () => socket.resetAndDestroy())
  socket.pipe(upstream).pipe(socket)
}
