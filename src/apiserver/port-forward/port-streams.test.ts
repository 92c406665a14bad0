import { type Duplex, duplexPair } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { PortStreams } from './port-streams.ts'

function streamsOfPod() {
  const { clock } = rehearsedWorld({ seed: 'ports' })
  const dialled: number[] = []
  const dial = (port: number): Promise<Duplex> => {
    dialled.push(port)
    return Promise.resolve(duplexPair()[0])
  }
  const streams = new PortStreams(dial, (port, why) => `${port}: ${why}`, clock)
  const open = (streamtype: 'data' | 'error', requestid = '0'): { near: Duplex; far: Duplex } => {
    const [near, far] = duplexPair()
    expect(
      streams.accept({ headers: new Map(Object.entries({ port: '80', requestid, streamtype })), stream: far }),
    ).toBe(true)
    return { near, far }
  }
  return { clock, dialled, open }
}

test('the data of a connection whose stream for errors never comes is waited for half a minute, and then reset', async () => {
  const { clock, dialled, open } = streamsOfPod()
  const { far } = open('data')
  await clock.advance(29_999)
  expect(far.destroyed).toBe(false)
  await clock.advance(1)
  expect(far.destroyed).toBe(true)
  // The number of the request is free again.
  open('error')
  open('data')
  expect(dialled).toEqual([80])
})

test('a stream for errors that stays alone is told so', async () => {
  const { clock, open } = streamsOfPod()
  const { near } = open('error', '7')
  await clock.advance(30_000)
  expect(await text(near)).toBe('(request=7) timed out waiting for streams')
})

test('a pair that is whole is not given up', async () => {
  const { clock, dialled, open } = streamsOfPod()
  const { far } = open('data')
  await clock.advance(20_000)
  open('error')
  await clock.advance(60_000)
  expect(dialled).toEqual([80])
  expect(far.destroyed).toBe(false)
})
