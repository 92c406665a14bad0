import { describe, expect, test } from 'vitest'
import { container, type KubeletCluster, kubeletCluster } from '../../../../../test/support/kubelet-cluster.ts'
import type { ServesSection } from '../../../../api/kinds/dabba/serves-section.ts'
import { grpcFrame } from '../../../../base/grpc.ts'

async function cartThat(serves: ServesSection, cluster?: KubeletCluster, name = 'cart'): Promise<KubeletCluster> {
  const shop = cluster ?? (await kubeletCluster())
  shop.model(name, { selector: { podSelector: { matchLabels: { app: name } } }, serves })
  await shop.pod(
    name,
    { containers: [container('app', { ports: [{ containerPort: 80 }] })] },
    { labels: { app: name } },
  )
  await shop.clock.advance(2_000)
  return shop
}

/** The status of a call, its words, and the messages that came before it in hexadecimal. */
async function call(cluster: KubeletCluster, path: string, body = new Uint8Array(0)): Promise<string> {
  const ip = (await cluster.get('cart'))?.status?.podIP ?? ''
  const headers = { 'content-type': 'application/grpc+proto' }
  const answered = cluster.network
    .request({ url: `http://${ip}${path}`, method: 'POST', headers, body: grpcFrame(body) }, { podIp: '10.9.9.9' })
    .then(async (answer) => {
      const parts: Uint8Array[] = []
      for await (const part of answer.body) parts.push(part)
      const fields = { ...answer.headers, ...answer.trailers?.() }
      const words = [fields['grpc-status'] ?? `HTTP ${answer.status}`, fields['grpc-message'] ?? '-']
      return [...words, Buffer.concat(parts).toString('hex')].join(' ').trim()
    })
  let text: string | undefined
  void answered.then((told) => (text = told))
  await cluster.clock.runUntilTrue(() => text !== undefined, cluster.clock.now() + 60_000)
  return answered
}

describe('a call of gRPC', () => {
  test('is answered by the path that is its method', async () => {
    await using cluster = await cartThat({
      paths: [
        { path: '/Cart/Get', grpc: { reply: Buffer.from('tea').toString('base64') } },
        { path: '/Cart/List', grpc: { reply: 'CAE=', replies: 2, message: 'all of it' } },
        { path: '/Cart/Echo', grpc: { echo: true } },
        { path: '/Cart/Gone', grpc: { status: 'NOT_FOUND', message: '$(pod.name) knows no $(request.path)' } },
        { path: '/Cart/Old', status: 503, body: 'no gRPC here' },
        { path: '/Cart', headers: { 'x-shop': 'yes' } },
      ],
    })
    const tea = Buffer.from(grpcFrame(Buffer.from('tea'))).toString('hex')
    expect(await call(cluster, '/Cart/Get')).toBe(`0 - ${tea}`)
    expect(await call(cluster, '/Cart/List')).toBe(`0 all of it ${'00000000020801'.repeat(2)}`)
    expect(await call(cluster, '/Cart/Echo', Buffer.from('tea'))).toBe(`0 - ${tea}`)
    expect(await call(cluster, '/Cart/Gone')).toBe('5 cart knows no /Cart/Gone')
    expect(await call(cluster, '/Cart/Old')).toBe(`HTTP 503 - ${Buffer.from('no gRPC here').toString('hex')}`)
    expect(await call(cluster, '/Cart/Any')).toBe('0 - 0000000000')
    expect(await call(cluster, '/Wish/Get')).toBe('12 unknown method /Wish/Get')
  })

  test('fails in shares, and where too many are under way, in its own words', async () => {
    await using cluster = await cartThat({
      concurrency: 1,
      paths: [
        { path: '/Cart/Full', errors: [{ percent: 100, grpcStatus: 'RESOURCE_EXHAUSTED', body: 'full' }] },
        { path: '/Cart/Slow', latency: { fixed: '1s' } },
      ],
    })
    expect(await call(cluster, '/Cart/Full')).toBe('8 full')
    expect(await Promise.all([call(cluster, '/Cart/Slow'), call(cluster, '/Cart/Slow')])).toEqual([
      '0 - 0000000000',
      '8 too many requests are under way',
    ])
  })

  test('may be what a pod makes itself, and fails with it', async () => {
    const cluster = await cartThat(
      { paths: [{ path: '/Pay/Charge', grpc: { status: 'INTERNAL' } }, { path: '/Pay/Check' }] },
      undefined,
      'pay',
    )
    await using _ = cluster
    const host = (await cluster.get('pay'))?.status?.podIP ?? ''
    const calling = (method: string): ServesSection['paths'] => [
      { path: `/Cart/${method}`, calls: [{ url: `grpc://${host}/Pay/${method}` }] },
    ]
    await cartThat({ paths: [...(calling('Charge') ?? []), ...(calling('Check') ?? [])] }, cluster)
    expect(await call(cluster, '/Cart/Check')).toBe('0 - 0000000000')
    expect(await call(cluster, '/Cart/Charge')).toBe(`14 POST grpc://${host}/Pay/Charge: INTERNAL`)
  })
})
