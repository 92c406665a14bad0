import { describe, expect, test } from 'vitest'
import type { ServiceEntry } from '../config/types/service-entry.ts'
import { planAddresses } from './entry-addresses.ts'

const NEW = ['240.240.0.9', '2001:2::9']
const KEPT = ['240.240.0.1', '2001:2::1']

interface Parts {
  readonly name?: string
  readonly createdAt?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly spec?: ServiceEntry['spec']
  readonly given?: Readonly<Record<string, readonly string[]>>
}

function entry({
  name = 'db',
  createdAt = '2026-01-02T00:00:00Z',
  labels = {},
  spec = {},
  given,
}: Parts): ServiceEntry {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'ServiceEntry',
    metadata: { name, namespace: 'shop', labels, creationTimestamp: createdAt },
    spec: { hosts: ['db.example'], resolution: 'DNS', ...spec },
    ...(given && {
      status: {
        addresses: Object.entries(given).flatMap(([host, values]) => values.map((value) => ({ value, host }))),
      },
    }),
  }
}

/** By host, as a status says them; undefined: nothing is to be written. */
function planned(parts: Parts, others: readonly Parts[] = []): Readonly<Record<string, readonly string[]>> | undefined {
  const subject = entry(parts)
  const rivals = others.map((other) => entry({ name: 'other', ...other }))
  const plan = planAddresses(subject, { othersWith: () => rivals, give: () => NEW })
  if (plan === undefined) return undefined
  const byHost = Map.groupBy(plan, ({ host = '' }) => host)
  return Object.fromEntries([...byHost].map(([host, all]) => [host, all.map(({ value = '' }) => value)]))
}

describe('which ServiceEntries are given addresses', () => {
  const off = 'networking.istio.io/enable-autoallocate-ip'
  test.each<{ what: string; parts: Parts; is: Readonly<Record<string, readonly string[]>> | undefined }>([
    { what: 'one whose names are resolved', parts: {}, is: { 'db.example': NEW } },
    { what: 'one with endpoints', parts: { spec: { resolution: 'STATIC' } }, is: { 'db.example': NEW } },
    { what: 'one that goes on to where it was called', parts: { spec: { resolution: 'NONE' } }, is: undefined },
    { what: 'one that says its addresses', parts: { spec: { addresses: ['1.2.3.4'] } }, is: undefined },
    { what: 'one that wants none', parts: { labels: { [off]: 'False' } }, is: undefined },
    { what: 'one that says that it wants them', parts: { labels: { [off]: 'true' } }, is: { 'db.example': NEW } },
    { what: 'a wildcard', parts: { spec: { hosts: ['*.example'] } }, is: undefined },
    {
      what: 'a wildcard that is resolved by the name that is called',
      parts: { spec: { hosts: ['*.example'], resolution: 'DYNAMIC_DNS' } },
      is: { '*.example': NEW },
    },
    { what: 'a host that is said twice', parts: { spec: { hosts: ['a', 'a'] } }, is: { a: NEW } },
  ])('$what', ({ parts, is }) => expect(planned(parts)).toEqual(is))
})

describe('what was given', () => {
  test('stays', () => {
    expect(planned({ given: { 'db.example': KEPT } })).toBeUndefined()
  })

  test('stays where a host is added, and goes with its host', () => {
    const given = { 'db.example': KEPT }
    const spec = { hosts: ['db.example', 'more.example'] }
    expect(planned({ spec, given })).toEqual({ ...given, 'more.example': NEW })
    expect(planned({ spec: { hosts: ['more.example'] }, given })).toEqual({ 'more.example': NEW })
    expect(planned({ spec: { hosts: ['*.example'] }, given })).toEqual({})
  })

  test.each<{ what: string; spec: ServiceEntry['spec'] }>([
    { what: 'addresses of its own', spec: { addresses: ['1.2.3.4'] } },
    { what: 'no resolution', spec: { resolution: 'NONE' } },
  ])('is taken away from an entry that gets $what', ({ spec = {} }) => {
    expect(planned({ spec, given: { 'db.example': KEPT } })).toEqual({})
  })

  test('goes to who says it as an own address', () => {
    const rival = { createdAt: '2026-01-03T00:00:00Z', spec: { addresses: [KEPT[0] ?? ''] } }
    expect(planned({ given: { 'db.example': KEPT } }, [rival])).toEqual({ 'db.example': NEW })
  })

  test('is kept by the older of two', () => {
    const given = { 'db.example': KEPT }
    const older = { createdAt: '2026-01-01T00:00:00Z', given: { 'other.example': KEPT } }
    const younger = { createdAt: '2026-01-03T00:00:00Z', given: { 'other.example': KEPT } }
    expect(planned({ given }, [older])).toEqual({ 'db.example': NEW })
    expect(planned({ given }, [younger])).toBeUndefined()
  })

  test('that is no address is as if it were not there', () => {
    expect(planned({ given: { 'db.example': ['?'] } })).toEqual({ 'db.example': NEW })
  })
})
