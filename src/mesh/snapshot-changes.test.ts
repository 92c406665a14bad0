import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ApiObject } from '../api/object.ts'
import { DEFAULT_MESH } from './config/mesh-config.ts'
import { keyOf } from './config/names.ts'
import { compile, type Snapshot, update } from './snapshot.ts'

const name = fc.constantFrom('cart', 'pay', 'search')
const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3')
const createdAt = fc.constantFrom('2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z')

function named(kind: string, parts: fc.Arbitrary<object>): fc.Arbitrary<ApiObject> {
  return fc.tuple(name, fc.constantFrom('shop', 'back'), createdAt, parts).map(
    ([own, namespace, creationTimestamp, rest]) =>
      ({
        apiVersion: 'v1',
        kind,
        metadata: { name: own, namespace, creationTimestamp, ...labelsIn(rest) },
        ...rest,
      }) as ApiObject,
  )
}

function labelsIn(rest: object): object {
  return 'labels' in rest ? { labels: rest.labels } : {}
}

const protocol = fc.constantFrom('http', 'tcp', 'auto')
const ports = fc.array(
  fc.tuple(fc.constantFrom(80, 90), protocol).map(([port, kind]) => ({ name: `${kind}-x`, port, number: port })),
  { maxLength: 2 },
)

const anyObject: fc.Arbitrary<ApiObject> = fc.oneof(
  named(
    'Service',
    fc.record({ clusterIP: fc.constantFrom('None', '10.96.0.1', '10.96.0.2'), ports }).map((spec) => ({ spec })),
  ),
  named(
    'EndpointSlice',
    fc.tuple(name, fc.array(address, { maxLength: 3 })).map(([service, addresses]) => ({
      labels: { 'kubernetes.io/service-name': service },
      endpoints: [{ addresses }],
      ports: [{ name: 'http-x', port: 8080 }],
    })),
  ),
  named(
    'ServiceEntry',
    fc
      .record({
        hosts: fc.array(fc.constantFrom('a.in', 'b.in', '*.in', 'cart.shop.svc.cluster.local'), { maxLength: 2 }),
        addresses: fc.array(fc.constantFrom('1.1.1.1', '2.2.0.0/16'), { maxLength: 2 }),
        resolution: fc.constantFrom('NONE', 'STATIC'),
        endpoints: fc.array(address.map((own) => ({ address: own }))),
        ports,
      })
      .map((spec) => ({ spec: { ...spec, hosts: [...new Set(spec.hosts)] } })),
  ),
  named(
    'DestinationRule',
    fc
      .record({ host: fc.constantFrom('cart', '*.in', 'a.in'), subset: name })
      .map(({ host, subset }) => ({ spec: { host, subsets: [{ name: subset }] } })),
  ),
  named(
    'Pod',
    fc.tuple(address, name).map(([podIP, app]) => ({ labels: { app }, spec: {}, status: { podIP, phase: 'Running' } })),
  ),
  named(
    'ProxyConfig',
    fc.constantFrom('true', 'false').map((value) => ({ spec: { environmentVariables: { CAPTURE: value } } })),
  ),
  named(
    'VirtualService',
    fc
      .array(fc.constantFrom('a.in', '*.in', 'cart'), { minLength: 1, maxLength: 2 })
      .map((hosts) => ({ spec: { hosts: [...new Set(hosts)] } })),
  ),
)

/** What the tables of a snapshot say, in an order that does not depend on how it came about. */
function told({ services, serviceTable, destinationRules, workloads, routes }: Snapshot): unknown {
  const { byPort, byAddress, byEndpoint, byVirtualAddress, wildcards } = serviceTable
  const lists = (table: ReadonlyMap<string, readonly string[]>) => sorted(table, (hosts) => hosts.toSorted())
  return {
    services: sorted(services, (list) => list),
    byPort: sorted(byPort, ({ http, other }) => [http.toSorted(), other.toSorted()]).filter(
      ([, both]) => both.flat().length > 0,
    ),
    indices: [byAddress, byEndpoint, byVirtualAddress].map(lists),
    wildcards: wildcards.toSorted(),
    rules: sorted(destinationRules, ({ byHost }) => sorted(byHost, (list) => list)).filter(
      ([, list]) => list.length > 0,
    ),
    workloads: sorted(workloads.byKey, (workload) => workload),
    routes: sorted(routes.byHost, (list) => list.map(({ object }) => keyOf(object))).filter(
      ([, list]) => list.length > 0,
    ),
    wild: routes.withWildcards.map(({ object }) => keyOf(object)),
  }
}

function sorted<Value, Told>(table: ReadonlyMap<string, Value>, tell: (value: Value) => Told): [string, Told][] {
  return [...table].map(([key, value]): [string, Told] => [key, tell(value)]).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

test('whatever changes, in whatever order: the snapshot is the one of compiling everything anew', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyObject, fc.boolean()), { maxLength: 14 }),
      fc.boolean(),
      (changes, ipAutoallocate) => {
        const mesh = { ...DEFAULT_MESH, ipAutoallocate }
        const objects = new Map<string, ApiObject>()
        let snapshot = compile([], mesh)
        for (const [object, isDeleted] of changes) {
          const key = `${object.kind} ${keyOf(object)}`
          const before = objects.get(key)
          const after = isDeleted ? undefined : object
          if (before === undefined && after === undefined) continue
          if (after === undefined) objects.delete(key)
          else objects.set(key, after)
          snapshot = update(snapshot, { before, after })
        }
        expect(told(snapshot)).toEqual(told(compile(objects.values(), mesh)))
      },
    ),
    { numRuns: 500 },
  )
})
