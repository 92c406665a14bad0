import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConnectionLines, type LineProtocol, type Place } from './connection-lines.ts'
import { PendingLimit } from './pending-limit.ts'
import { UpstreamHost } from './upstream-host.ts'

const INFINITE = Number.POSITIVE_INFINITY

function hostAt(address: string): UpstreamHost {
  return new UpstreamHost(address, 80, { workload: undefined, addedMs: 0 })
}

const [one, other] = [hostAt('10.0.0.1'), hostAt('10.0.0.2')]

function linesOf(written: {
  connections?: number
  pending?: number
  requestsPerConnection?: number
  streams?: number
}) {
  const { connections = INFINITE, requestsPerConnection = 0, streams = INFINITE } = written
  const pending = new PendingLimit(written.pending)
  const lines = new ConnectionLines(pending)
  const limits = { connections, requestsPerConnection, streams, idleTimeoutMs: 1_000 }
  lines.configure(limits, [one, other], 0)
  return { lines, pending, limits }
}

/** Undefined: turned away. */
function enter(
  lines: ConnectionLines,
  host: UpstreamHost,
  protocol: LineProtocol = 'http1',
  nowMs = 0,
): Place | undefined {
  return lines.enter(host, protocol, nowMs)
}

function called(place: Place | undefined): Promise<void> {
  return new Promise((resolve) => place?.onTurn(resolve))
}

describe('of HTTP/1.1', () => {
  test('each request has a connection, waits for one, or is one too many', async () => {
    const { lines, pending } = linesOf({ connections: 1, pending: 1 })
    const first = enter(lines, one)
    const second = enter(lines, one)
    expect([first?.isWaiting, second?.isWaiting, enter(lines, one)]).toEqual([false, true, undefined])
    const turn = called(second)
    first?.leave(0)
    expect(pending.count).toBe(1)
    await turn
    expect([second?.isWaiting, pending.count]).toEqual([false, 0])
  })

  test('who has waited longest has the connection that becomes free', async () => {
    const { lines } = linesOf({ connections: 1 })
    const first = enter(lines, one)
    const waiting = [enter(lines, one), enter(lines, one), enter(lines, one)]
    const order: number[] = []
    for (const [index, place] of waiting.entries()) place?.onTurn(() => order.push(index))
    first?.leave(0)
    waiting[1]?.leave(0)
    await Promise.resolve()
    waiting[0]?.leave(0)
    await Promise.resolve()
    expect(order).toEqual([0, 2])
  })

  test('who leaves before its turn is told nothing, and the next one is called', async () => {
    const { lines, pending } = linesOf({ connections: 1 })
    const first = enter(lines, one)
    const [second, third] = [enter(lines, one), enter(lines, one)]
    const told: string[] = []
    second?.onTurn(() => told.push('second'))
    third?.onTurn(() => told.push('third'))
    first?.leave(0)
    // Called already, but not yet told.
    second?.leave(0)
    await Promise.resolve()
    expect(told).toEqual(['third'])
    expect(pending.count).toBe(0)
  })
})

test('connections of both protocols and of all hosts count together, and each host has one at least', () => {
  const { lines } = linesOf({ connections: 2 })
  expect(enter(lines, one, 'http1')?.isWaiting).toBe(false)
  expect(enter(lines, one, 'http2')?.isWaiting).toBe(false)
  expect(enter(lines, one, 'http1')?.isWaiting).toBe(true)
  expect(enter(lines, other, 'http1')?.isWaiting).toBe(false)
  expect(enter(lines, other, 'http1')?.isWaiting).toBe(true)
})

test('of HTTP/2 many requests share a connection, up to its limit', () => {
  const { lines } = linesOf({ connections: 2, streams: 3 })
  const places = Array.from({ length: 7 }, () => enter(lines, one, 'http2')?.isWaiting)
  expect(places).toEqual([false, false, false, false, false, false, true])
})

test('a connection that has done its share makes room for another one', async () => {
  const { lines } = linesOf({ connections: 1, requestsPerConnection: 2 })
  for (let round = 0; round < 5; round++) {
    const place = enter(lines, one)
    expect(place?.isWaiting).toBe(false)
    const next = enter(lines, one)
    place?.leave(0)
    await called(next)
    next?.leave(0)
  }
})

test('idle connections to other hosts hold their places until their time is up', () => {
  const { lines } = linesOf({ connections: 2 })
  enter(lines, other)?.leave(0)
  enter(lines, one)
  expect(enter(lines, one, 'http1', 999)?.isWaiting).toBe(true)
  expect(enter(lines, one, 'http1', 1_000)?.isWaiting).toBe(false)
})

test('a host that has gone holds nothing any more, and a higher limit calls those who wait', async () => {
  const { lines, limits } = linesOf({ connections: 2 })
  enter(lines, other)?.leave(0)
  enter(lines, one)
  const waiting = enter(lines, one)
  expect(waiting?.isWaiting).toBe(true)
  const turn = called(waiting)
  lines.configure(limits, [one], 0)
  await turn
  const more = enter(lines, one)
  const moreTurn = called(more)
  lines.configure({ ...limits, connections: 3 }, [one], 0)
  await moreTurn
})

test('whoever comes and goes: limits are kept, and nobody waits while there is room', async () => {
  const event = fc.record({ host: fc.boolean(), http2: fc.boolean(), leaves: fc.nat(9) })
  const setup = fc.record({ connections: fc.integer({ min: 1, max: 4 }), pending: fc.integer({ min: 1, max: 4 }) })
  await fc.assert(
    fc.asyncProperty(setup, fc.array(event, { maxLength: 60 }), async ({ connections, pending: max }, events) => {
      const { lines, pending } = linesOf({ connections, pending: max, streams: 2 })
      let places: Place[] = []
      for (const { host, http2, leaves } of events) {
        const place = enter(lines, host ? one : other, http2 ? 'http2' : 'http1')
        if (place !== undefined) places.push(place)
        const leaving = places[leaves]
        leaving?.leave(0)
        places = places.filter((each) => each !== leaving)
        await Promise.resolve()
        const waiting = places.filter(({ isWaiting }) => isWaiting)
        expect(pending.count).toBe(waiting.length)
        expect(waiting.length).toBeLessThanOrEqual(max)
        const used = new Set(places.flatMap((each) => each.connection ?? []))
        // Each of the four lines has one at least.
        expect(used.size).toBeLessThanOrEqual(connections + 3)
        for (const { connection } of places) expect(connection?.requests ?? 1).toBeGreaterThan(0)
      }
      for (const place of places) place.leave(0)
      await Promise.resolve()
      expect(pending.count).toBe(0)
    }),
    { numRuns: 200 },
  )
})
