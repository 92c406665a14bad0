import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { createPlatform } from '../../platform.ts'
import { realWorld } from '../../world/real-world.ts'

test('a watch can be a WebSocket: one event a message', async () => {
  await using platform = await createPlatform({ world: realWorld(), nodes: [] })
  const { url, ca, certificate, key } = await platform.listen({ port: 0 })
  const path = '/api/v1/namespaces/default/configmaps?watch=true&fieldSelector=metadata.name%3Dwatched'
  const socket = new WebSocket(`${url.replace('https', 'wss')}${path}`, { ca, cert: certificate, key })
  await new Promise((resolve) => socket.once('open', resolve))
  const message = new Promise<string>((resolve) => socket.once('message', (data: Buffer) => resolve(data.toString())))
  await platform.client.create<ConfigMap>({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'watched', namespace: 'default' },
  })
  expect(JSON.parse(await message)).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'watched' } } })
  socket.close()
})

test('a WebSocket for something that is not there is refused with its status', async () => {
  await using platform = await createPlatform({ world: realWorld(), nodes: [] })
  const { url, ca, certificate, key } = await platform.listen({ port: 0 })
  const socket = new WebSocket(`${url.replace('https', 'wss')}/api/v1/nothing?watch=true`, {
    ca,
    cert: certificate,
    key,
  })
  const code = await new Promise((resolve) => {
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode))
    socket.once('error', () => undefined)
  })
  expect(code).toBe(404)
})
