import { isWildcard } from '../config/hosts.ts'
import type { MeshService } from './mesh-service.ts'

/*
 * The addresses that istiod gave to hosts of ServiceEntries before it had a controller for that: no object says them, each
 * istiod works them out of the names. Rules: istio/istio pilot/pkg/serviceregistry/serviceentry/auto_allocation.go.
 */

/** Addresses of 240.240.0.0/16 that end in neither 0 nor 255. */
const SLOTS = 256 * 254
/** A prime below it, for names that meet. */
const STEP_PRIME = 65_011
const OCTET = 255

/** `services`, and what they were given where they have no address of their own. Oldest first: who came first has the slot. */
export function withAllocatedAddresses(services: readonly MeshService[]): readonly MeshService[] {
  const slots = new Map<number, string>()
  for (const service of services) {
    if (!isGivenAddress(service)) continue
    const key = keyOf(service)
    const slot = freeSlot(slots, key)
    if (slot === undefined) break
    slots.set(slot, key)
  }
  const addresses = addressesOf(slots)
  return services.map((service) => {
    const { allocated: _, ...rest } = service
    const allocated = isGivenAddress(service) ? addresses.get(keyOf(service)) : undefined
    return allocated === undefined ? rest : { ...rest, allocated }
  })
}

/** Where the address that was called is not known any more nothing else tells who was meant; so `NONE` has none. */
function isGivenAddress({ addresses, host, resolution, fromKubernetes }: MeshService): boolean {
  return !fromKubernetes && addresses.length === 0 && resolution !== 'passthrough' && !isWildcard(host)
}

function keyOf({ namespace, host }: MeshService): string {
  return `${namespace}/${host}`
}

/** Undefined: all are taken. A name that comes again takes another one, although both get the lower one's address. */
function freeSlot(slots: ReadonlyMap<number, string>, key: string): number | undefined {
  if (slots.size >= SLOTS) return undefined
  const hash = fnv1a(key)
  const first = hash % SLOTS
  if (!slots.has(first)) return first
  const step = STEP_PRIME - (hash % STEP_PRIME)
  for (let turn = 1; turn < SLOTS; turn++) {
    const slot = ((hash + turn * step) >>> 0) % (SLOTS - 1)
    if (!slots.has(slot)) return slot
  }
  return undefined
}

/** Each slot that would end in 0 moves its address, and those of all after it, one on. */
function addressesOf(slots: ReadonlyMap<number, string>): ReadonlyMap<string, readonly string[]> {
  const given = new Map<string, readonly string[]>()
  let moved = 0
  for (const [slot, key] of [...slots].toSorted(([a], [b]) => a - b)) {
    if ((slot + 1 + moved) % OCTET === 0) moved++
    const place = slot + 1 + moved
    if (!given.has(key)) given.set(key, addressesAt(Math.floor(place / OCTET), place % OCTET))
  }
  return given
}

function addressesAt(third: number, fourth: number): readonly string[] {
  const end = third === 0 ? fourth.toString(16) : third.toString(16) + fourth.toString(16)
  return [`240.240.${third}.${fourth}`, `2001:2::f0f0:${end}`]
}

function fnv1a(text: string): number {
  let hash = 0x811c_9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x0100_0193) >>> 0
  return hash
}
