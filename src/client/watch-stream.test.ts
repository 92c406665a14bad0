import { describe, expect, test } from 'vitest'
import { ConfigMap } from '../api/kinds/core/config-map.ts'
import type { Kind } from '../api/kind.ts'
import type { Network, ResponseStream } from '../world/network.ts'
import { HttpTransport } from './http-transport.ts'

const EVENT = (name: string): string =>
  `${JSON.stringify({ type: 'ADDED', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } } })}\n`

/** A network that answers with these pieces of a body, and then ends it, with an error or without. */
function answering(status: number, pieces: readonly (string | Uint8Array)[], error?: Error): Network {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece
    await Promise.resolve()
    if (error !== undefined) throw error
  }
  return {
    listen: () => Promise.reject(new Error('nobody listens')),
    connectLines: () => Promise.reject(new Error('nothing is said in lines here')),
    request: (): Promise<ResponseStream> => Promise.resolve({ status, headers: {}, body: body() }),
  }
}

interface Seen {
  readonly names: readonly string[]
  readonly error: (Error & { code?: number; reason?: string }) | undefined
}

function follow(network: Network): Promise<Seen> {
  const transport = new HttpTransport({ network, url: 'https://cluster' })
  const names: string[] = []
  return new Promise((resolve) => {
    transport.watch(
      { kind: ConfigMap as unknown as Kind, user: { username: 'me' } },
      { event: ({ object }) => names.push(object.metadata.name), closed: (error) => resolve({ names, error }) },
    )
  })
}

describe('a watch over HTTP', () => {
  test('reads events however they are cut into pieces', async () => {
    const whole = Buffer.from(EVENT('एक') + EVENT('two') + EVENT('three'))
    for (let size = 1; size < whole.length; size += 7) {
      const pieces: Uint8Array[] = []
      for (let at = 0; at < whole.length; at += size) pieces.push(whole.subarray(at, at + size))
      expect(await follow(answering(200, pieces))).toEqual({ names: ['एक', 'two', 'three'], error: undefined })
    }
  })

  test('that is cut off within an event tells what came whole, and that it was cut off', async () => {
    const cut = new Error('aborted')
    const { names, error } = await follow(answering(200, [EVENT('one'), EVENT('two').slice(0, 20)], cut))
    expect([names, error]).toEqual([['one'], cut])
  })

  test('that has to end says so in an event', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (9)' }
    const ending = `${JSON.stringify({ type: 'ERROR', object: status })}\n`
    const { names, error } = await follow(answering(200, [EVENT('one'), ending, EVENT('never')]))
    expect([names, error?.code, error?.reason]).toEqual([['one'], 410, 'Expired'])
  })

  test('that is refused has the reason of the server, or what stands between us said', async () => {
    const status = { kind: 'Status', code: 403, reason: 'Forbidden', message: 'no' }
    expect((await follow(answering(403, [JSON.stringify(status)]))).error).toMatchObject({
      code: 403,
      reason: 'Forbidden',
    })
    expect((await follow(answering(502, ['<html>bad gateway</html>']))).error).toMatchObject({
      code: 502,
      reason: 'UnexpectedServerResponse',
      message: '<html>bad gateway</html>',
    })
  })
})
