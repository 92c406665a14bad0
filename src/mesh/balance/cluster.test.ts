import { describe, expect, test } from 'vitest'
import { SeededRandom } from '../../world/random.ts'
import type { PortTrafficPolicy } from '../config/types/destination-rule.ts'
import { clusterPolicy } from './cluster-policy.ts'
import { Cluster, type HostGroup } from './cluster.ts'
import { UpstreamHost } from './upstream-host.ts'
import { type Hash64, xxHash64 } from './xx-hash.ts'

const random = new SeededRandom('balance')
const dice = (): number => random.next()

function hostsOf(
  count: number,
  options: { readonly weights?: readonly number[]; readonly addedMs?: number } = {},
): UpstreamHost[] {
  return Array.from({ length: count }, (_, index) => {
    const host = new UpstreamHost(`10.0.0.${index + 1}`, 80, { workload: undefined, addedMs: options.addedMs ?? 0 })
    host.weight = options.weights?.[index] ?? 1
    return host
  })
}

function clusterOf(written: PortTrafficPolicy, groups: readonly HostGroup[], weighsLocalities = false): Cluster {
  const policy = clusterPolicy(written)
  const cluster = new Cluster('outbound|80||cart', policy)
  cluster.configure(policy, groups, { weighsLocalities, nowMs: 0 })
  return cluster
}

function group(endpoints: readonly UpstreamHost[], rest: Partial<HostGroup> = {}): HostGroup {
  return { endpoints, priority: 0, weight: endpoints.length, ...rest }
}

/** How often each host was chosen. */
function shares(
  cluster: Cluster,
  options: { readonly times: number; readonly nowMs?: number; readonly hash?: () => Hash64 },
): number[] {
  const counts = new Map<UpstreamHost, number>(cluster.hosts.map((host) => [host, 0]))
  for (let index = 0; index < options.times; index++) {
    const host = cluster.pick({ nowMs: options.nowMs ?? 0, dice, hash: options.hash?.(), tries: 0 })
    if (host !== undefined) counts.set(host, (counts.get(host) ?? 0) + 1)
  }
  return [...counts.values()]
}

describe('who is chosen', () => {
  test('least request: of two at random the one with less to do', () => {
    const hosts = hostsOf(2)
    const [busy] = hosts as [UpstreamHost]
    busy.active = 10
    const [ofBusy = 0] = shares(clusterOf({}, [group(hosts)]), { times: 4_000 })
    expect(ofBusy / 4_000).toBeCloseTo(0.25, 1)
  })

  test('least request by weight: load divides what a weight gives', () => {
    const hosts = hostsOf(2, { weights: [3, 1] })
    const [first = 0] = shares(clusterOf({}, [group(hosts)]), { times: 4_000 })
    expect(first / 4_000).toBeCloseTo(0.75, 1)
  })

  test('round robin: everybody in turn, by weight as often as it says', () => {
    const loadBalancer = { simple: 'ROUND_ROBIN' } as const
    expect(shares(clusterOf({ loadBalancer }, [group(hostsOf(3))]), { times: 300 })).toEqual([100, 100, 100])
    const weighted = group(hostsOf(3, { weights: [5, 1, 1] }))
    expect(shares(clusterOf({ loadBalancer }, [weighted]), { times: 700 })).toEqual([500, 100, 100])
  })

  test.each([
    ['ring', { consistentHash: { httpHeaderName: 'x-user' } }],
    ['maglev', { consistentHash: { httpHeaderName: 'x-user', maglev: {} } }],
  ])('%s hash: the same for the same, and most stay where they were when a host goes', (_, loadBalancer) => {
    const hosts = hostsOf(10)
    const cluster = clusterOf({ loadBalancer }, [group(hosts)])
    const pick = (hash: Hash64) => cluster.pick({ nowMs: 0, dice, hash, tries: 0 })
    const hashes = Array.from({ length: 2_000 }, (_none, index) => xxHash64(`user-${index}`))
    const before = hashes.map(pick)
    expect(hashes.map(pick)).toEqual(before)
    const counts = hosts.map((host) => before.filter((chosen) => chosen === host).length)
    expect(Math.min(...counts)).toBeGreaterThan(60)
    cluster.configure(cluster.policy, [group(hosts.slice(1))], { weighsLocalities: false, nowMs: 0 })
    const moved = hashes.filter((hash, index) => before[index] !== hosts[0] && pick(hash) !== before[index])
    expect(moved.length / hashes.length).toBeLessThan(0.15)
  })

  test.each([{ httpHeaderName: 'x-user' }, { httpHeaderName: 'x-user', maglev: {} }])(
    'a hash keeps to its host within one table of all localities, which have their weights there: %j',
    (consistentHash) => {
      const [a, b, c] = hostsOf(3) as [UpstreamHost, UpstreamHost, UpstreamHost]
      const groups = [group([a], { weight: 80 }), group([b, c], { weight: 20 })]
      const cluster = clusterOf({ loadBalancer: { consistentHash } }, groups, true)
      let index = 0
      const counts = shares(cluster, { times: 4_000, hash: () => xxHash64(`user-${index++}`) })
      const [ofA = 0, ofB = 0, ofC = 0] = counts.map((count) => count / 4_000)
      expect(ofA).toBeCloseTo(0.8, 1)
      expect(ofB).toBeCloseTo(0.1, 1)
      expect(ofC).toBeCloseTo(0.1, 1)
      const hash = xxHash64('asha')
      const picked = new Set(Array.from({ length: 50 }, () => cluster.pick({ nowMs: 0, dice, hash, tries: 0 })))
      expect(picked.size).toBe(1)
    },
  )

  test('a hash keeps to its priority while the nearer one carries but a part', () => {
    const loadBalancer = { consistentHash: { httpHeaderName: 'x-user' } }
    const [near, ill, far] = hostsOf(3) as [UpstreamHost, UpstreamHost, UpstreamHost]
    const groups = [group([near, ill]), group([far], { priority: 1 })]
    const cluster = clusterOf({ loadBalancer, outlierDetection: {} }, groups)
    for (let times = 0; times < 5; times++) cluster.note(ill, { kind: 'status', status: 503 }, 0)
    // Hashes whose last two digits are 00 to 69 stay, the others go: 70 in 100.
    const at = (low: number) => cluster.pick({ nowMs: 0, dice, hash: { high: 0, low }, tries: 0 })
    expect([0, 69, 70, 99, 100, 169, 170].map(at)).toEqual([near, near, far, far, near, near, far])
  })

  test('warm-up: a new host gets its share bit by bit', () => {
    const loadBalancer = { simple: 'ROUND_ROBIN', warmup: { duration: '100s', minimumPercent: 10 } } as const
    const old = hostsOf(1, { addedMs: -1_000_000 })
    const [, fresh] = hostsOf(2)
    const cluster = clusterOf({ loadBalancer }, [group([...old, ...(fresh ? [fresh] : [])])])
    const shareAt = (nowMs: number) => (shares(cluster, { times: 1_000, nowMs })[1] ?? 0) / 1_000
    expect(shareAt(1_000)).toBeCloseTo(0.1 / 1.1, 1)
    expect(shareAt(50_000)).toBeCloseTo(0.5 / 1.5, 1)
    expect(shareAt(100_001)).toBeCloseTo(0.5, 1)
  })

  test('localities: a farther one takes what the nearer one is too ill to carry', () => {
    const near = hostsOf(2)
    const far = hostsOf(3).slice(2)
    const cluster = clusterOf({ outlierDetection: {} }, [group(near), group(far, { priority: 1 })])
    expect(shares(cluster, { times: 300 })[2]).toBe(0)
    for (let times = 0; times < 5; times++) cluster.note(near[0] as UpstreamHost, { kind: 'status', status: 503 }, 0)
    const [ill = 0, well = 0, remote = 0] = shares(cluster, { times: 4_000 })
    expect(ill).toBe(0)
    // Half of the hosts carry seven tenths of all, by Envoy's overprovisioning of 1.4.
    expect(well / 4_000).toBeCloseTo(0.7, 1)
    expect(remote / 4_000).toBeCloseTo(0.3, 1)
  })

  test('localities by weight', () => {
    const [a, b] = hostsOf(2) as [UpstreamHost, UpstreamHost]
    const cluster = clusterOf({}, [group([a], { weight: 80 }), group([b], { weight: 20 })], true)
    const [first = 0] = shares(cluster, { times: 4_000 })
    expect(first / 4_000).toBeCloseTo(0.8, 1)
  })
})

describe('outlier detection', () => {
  const bad = { kind: 'status', status: 503 } as const
  const fail = (cluster: Cluster, host: UpstreamHost, options: { readonly times: number; readonly nowMs?: number }) => {
    for (let index = 0; index < options.times; index++) cluster.note(host, bad, options.nowMs ?? 0)
  }

  test('of ten hosts one is ejected by default, and a second only where the policy allows for it', () => {
    for (const [maxEjectionPercent, ejected] of [
      [10, 1],
      [30, 3],
    ] as const) {
      const hosts = hostsOf(10)
      const cluster = clusterOf({ outlierDetection: { maxEjectionPercent } }, [group(hosts)])
      for (const host of hosts) fail(cluster, host, { times: 5 })
      expect(hosts.filter(({ health }) => health.isEjected)).toHaveLength(ejected)
    }
  })

  test('each ejection lasts a base longer than the one before, to the next whole interval', () => {
    const [host] = hostsOf(2) as [UpstreamHost]
    const cluster = clusterOf({ outlierDetection: { interval: '10s', baseEjectionTime: '30s' } }, [group([host])])
    const isBack = (nowMs: number) => cluster.pick({ nowMs, dice, hash: undefined, tries: 0 }) === host
    fail(cluster, host, { times: 5, nowMs: 1_000 })
    expect([isBack(39_999), isBack(40_000)]).toEqual([false, true])
    fail(cluster, host, { times: 5, nowMs: 41_000 })
    expect([isBack(109_999), isBack(110_000)]).toEqual([false, true])
  })

  test('a success in between starts the count anew', () => {
    const [host] = hostsOf(2) as [UpstreamHost]
    const cluster = clusterOf({ outlierDetection: { consecutive5xxErrors: 3 } }, [group([host])])
    fail(cluster, host, { times: 2 })
    cluster.note(host, { kind: 'status', status: 200 }, 0)
    fail(cluster, host, { times: 2 })
    expect(host.health.isEjected).toBe(false)
  })

  test('failures to connect count apart where that is asked for', () => {
    const [host] = hostsOf(2) as [UpstreamHost]
    const outlierDetection = {
      splitExternalLocalOriginErrors: true,
      consecutiveLocalOriginFailures: 2,
      consecutive5xxErrors: 9,
    }
    const cluster = clusterOf({ outlierDetection }, [group([host])])
    cluster.note(host, { kind: 'local-failure', timedOut: false }, 0)
    expect(host.health.isEjected).toBe(false)
    cluster.note(host, { kind: 'local-failure', timedOut: false }, 0)
    expect(host.health.isEjected).toBe(true)
  })

  test('nobody is left unless too few are healthy for that to be believed', () => {
    for (const [minHealthPercent, found] of [
      [0, false],
      [50, true],
    ] as const) {
      const hosts = hostsOf(1)
      const cluster = clusterOf({ outlierDetection: { minHealthPercent } }, [group(hosts)])
      fail(cluster, hosts[0] as UpstreamHost, { times: 5 })
      expect(cluster.pick({ nowMs: 0, dice, hash: undefined, tries: 0 }) !== undefined).toBe(found)
    }
  })
})
