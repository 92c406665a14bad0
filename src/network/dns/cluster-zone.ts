import { isIpV4, parseIp } from '../../api/names/ip-address.ts'
import { CLUSTER_DOMAIN, type AddressRecord, type ClusterRecords } from './cluster-records.ts'
import { type DnsAnswer, type DnsQuestion, NOTHING_TO_SAY, RCODE } from './dns-message.ts'
import { DNS_TYPE, type DnsRecord, isInternet, type StartOfAuthority } from './dns-record.ts'
import { reversedAddress } from './reverse-name.ts'

/** kubeadm's Corefile (kubernetes/kubernetes cmd/kubeadm/app/phases/addons/dns/manifests.go). */
const TTL_SECONDS = 30
/** coredns/coredns plugin/kubernetes/kubernetes.go: DNSSchemaVersion, and how long it holds. */
const SCHEMA_VERSION = '1.1.0'
const SCHEMA_TTL_SECONDS = 28_800
/** How many aliases within the cluster are followed. */
const ALIASES_MAX = 8

const REVERSE_ZONES = ['in-addr.arpa', 'ip6.arpa']

export interface ClusterZoneOptions {
  readonly records: ClusterRecords
  /** Where the client can reach an address of the cluster: itself, unless told otherwise. */
  readonly addresses?: AddressTranslation
  /** Of the SOA record. */
  readonly serial: number
  /** Where this server itself is, as its clients see it. */
  readonly nameServer: string
}

/** Addresses of the cluster as the clients of this server have them, and back. */
export interface AddressTranslation {
  published(ip: string): string
  publishedPort(ip: string, port: number): number
  original(ip: string): string
}

const SAME: AddressTranslation = { published: (ip) => ip, publishedPort: (_, port) => port, original: (ip) => ip }

/** Answers questions about the zone of the cluster as CoreDNS does with kubeadm's Corefile, whose `forward` is not there. */
export class ClusterZone {
  readonly #records: ClusterRecords
  readonly #addresses: AddressTranslation
  readonly #options: ClusterZoneOptions

  constructor(options: ClusterZoneOptions) {
    this.#options = options
    this.#records = options.records
    this.#addresses = options.addresses ?? SAME
  }

  answer({ name, type, recordClass }: DnsQuestion): DnsAnswer {
    const lowered = name.toLowerCase()
    const zone = [CLUSTER_DOMAIN, ...REVERSE_ZONES].find((one) => lowered === one || lowered.endsWith(`.${one}`))
    const isTransfer = type === DNS_TYPE.AXFR || type === DNS_TYPE.IXFR
    if (zone === undefined || isTransfer || !isInternet(recordClass)) {
      return { ...NOTHING_TO_SAY, rcode: RCODE.REFUSED }
    }
    const found =
      zone === CLUSTER_DOMAIN ? this.#inCluster(name, lowered, type) : this.#reverse(name, lowered, type, zone)
    if (found !== undefined && found.answers.length > 0) {
      return { ...NOTHING_TO_SAY, rcode: RCODE.NOERROR, isAuthoritative: true, ...found }
    }
    const rcode = found === undefined ? RCODE.NXDOMAIN : RCODE.NOERROR
    return { ...NOTHING_TO_SAY, rcode, isAuthoritative: true, authority: [this.#authority(zone)] }
  }

  /** Undefined: there is no such name. */
  #inCluster(name: string, lowered: string, type: number): Found | undefined {
    const apex = this.#apex(name, lowered, type)
    if (apex !== undefined) return apex
    const found = this.#records.find(lowered)
    if (found === undefined) return undefined
    if ('alias' in found) {
      const isAsked = type === DNS_TYPE.A || type === DNS_TYPE.AAAA || type === DNS_TYPE.CNAME
      return isAsked ? this.#alias(name, found.alias, type) : NONE
    }
    if (type === DNS_TYPE.SRV) return this.#services(name, found.addresses)
    return { answers: this.#addressRecords(name, found.addresses, type) }
  }

  /** What the zone says of itself. */
  #apex(name: string, lowered: string, type: number): Found | undefined {
    const server = `ns.dns.${CLUSTER_DOMAIN}`
    const self = { address: this.#options.nameServer, name: server, port: undefined }
    if (lowered === server) return { answers: addressRecords(name, [self], type) }
    if (lowered === `dns-version.${CLUSTER_DOMAIN}`) {
      if (type !== DNS_TYPE.TXT) return undefined
      return { answers: [{ name, ttlSeconds: SCHEMA_TTL_SECONDS, data: { type: 'TXT', text: SCHEMA_VERSION } }] }
    }
    if (lowered !== CLUSTER_DOMAIN) return undefined
    if (type === DNS_TYPE.SOA) return { answers: [this.#authority(CLUSTER_DOMAIN)] }
    if (type !== DNS_TYPE.NS) return NONE
    const answers: DnsRecord[] = [{ name, ttlSeconds: TTL_SECONDS, data: { type: 'NS', target: server } }]
    return { answers, additional: addressRecords(server, [self], DNS_TYPE.A) }
  }

  /** Follows an alias within the cluster to its end; where it leads outside, the client asks elsewhere. */
  #alias(name: string, target: string, type: number): Found {
    const alias = (from: string, to: string): DnsRecord => {
      return { name: from, ttlSeconds: TTL_SECONDS, data: { type: 'CNAME', target: to } }
    }
    const answers = [alias(name, target)]
    if (type === DNS_TYPE.CNAME) return { answers }
    let at = target
    for (let aliases = 0; aliases < ALIASES_MAX; aliases++) {
      if (!at.endsWith(`.${CLUSTER_DOMAIN}`)) return { answers }
      const next = this.#records.find(at)
      if (next === undefined) break
      if ('addresses' in next) {
        const addresses = this.#addressRecords(at, next.addresses, type)
        return addresses.length === 0 ? NONE : { answers: [...answers, ...addresses] }
      }
      answers.push(alias(at, next.alias))
      at = next.alias
    }
    return NONE
  }

  #addressRecords(name: string, records: readonly AddressRecord[], type: number): readonly DnsRecord[] {
    const published = records.map((record) => ({ ...record, address: this.#addresses.published(record.address) }))
    return addressRecords(name, published, type)
  }

  /** coredns/coredns plugin/backend_lookup.go: SRV */
  #services(name: string, records: readonly AddressRecord[]): Found {
    const weight = Math.max(1, Math.floor(100 / Math.max(1, records.length)))
    const answers = new Map<string, DnsRecord>()
    const additional = new Map<string, DnsRecord>()
    for (const { address, name: target, port } of records) {
      if (port === undefined) continue
      const published = this.#addresses.publishedPort(address, port)
      const data = { type: 'SRV' as const, priority: 0, weight, port: published, target }
      answers.set(`${target}:${port}`, { name, ttlSeconds: TTL_SECONDS, data })
      const reached = { address: this.#addresses.published(address), name: target, port }
      for (const type of [DNS_TYPE.A, DNS_TYPE.AAAA]) {
        for (const record of addressRecords(target, [reached], type)) additional.set(`${target} ${address}`, record)
      }
    }
    return { answers: [...answers.values()], additional: [...additional.values()] }
  }

  #reverse(name: string, lowered: string, type: number, zone: string): Found | undefined {
    if (lowered === zone) return type === DNS_TYPE.SOA ? { answers: [this.#authority(zone)] } : NONE
    const ip = reversedAddress(lowered)
    if (ip === undefined) return undefined
    const targets = this.#records.namesOf(this.#addresses.original(ip))
    if (targets.length === 0) return undefined
    if (type !== DNS_TYPE.PTR) return NONE
    return { answers: targets.map((target) => ({ name, ttlSeconds: TTL_SECONDS, data: { type: 'PTR', target } })) }
  }

  /** coredns/coredns plugin/backend_lookup.go: SOA */
  #authority(zone: string): DnsRecord {
    const data: StartOfAuthority = {
      type: 'SOA',
      primary: `ns.dns.${zone}`,
      mailbox: `hostmaster.${zone}`,
      serial: this.#options.serial,
      refreshSeconds: 7_200,
      retrySeconds: 1_800,
      expireSeconds: 86_400,
      negativeTtlSeconds: TTL_SECONDS,
    }
    return { name: zone, ttlSeconds: TTL_SECONDS, data }
  }
}

interface Found {
  readonly answers: readonly DnsRecord[]
  readonly additional?: readonly DnsRecord[]
}

const NONE: Found = { answers: [] }

function addressRecords(name: string, records: readonly AddressRecord[], type: number): readonly DnsRecord[] {
  if (type !== DNS_TYPE.A && type !== DNS_TYPE.AAAA) return []
  const found: DnsRecord[] = []
  for (const address of new Set(records.map((record) => record.address))) {
    const parsed = parseIp(address)
    if (parsed === undefined || isIpV4(parsed) !== (type === DNS_TYPE.A)) continue
    const data = { type: type === DNS_TYPE.A ? ('A' as const) : ('AAAA' as const), address }
    found.push({ name, ttlSeconds: TTL_SECONDS, data })
  }
  return found
}
