import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { PortForward } from '@kubernetes/client-node'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { kubectlPath } from './binaries.ts'
import { ConnectedCluster } from './client-node/connected-cluster.ts'

const PATIENCE_MS = 60_000

let cluster: ConnectedCluster
let pod: string
const forwards: ChildProcess[] = []

beforeAll(async () => {
  cluster = await ConnectedCluster.start()
  const applied = await cluster.served.sh(
    'kubectl apply -f forwarded-prometheus.yaml && kubectl rollout status deployment/prometheus --timeout 30s',
  )
  expect(applied).toMatchObject({ code: 0 })
  pod = (await cluster.served.sh('kubectl get pods -l app=prometheus -o jsonpath={.items[0].metadata.name}')).output
})

afterEach(async () => {
  for (const child of forwards.splice(0)) {
    if (child.exitCode !== null) continue
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
})

afterAll(() => cluster[Symbol.asyncDispose]())

interface Forward {
  readonly url: string
  /** All that kubectl wrote so far. */
  said(): string
}

/** Runs `kubectl port-forward` until the test is over. */
async function forward(
  what: string,
  port: string,
  { version = '1.35', env = {} }: { version?: '1.34' | '1.35'; env?: Record<string, string> } = {},
): Promise<Forward> {
  const child = spawn(kubectlPath(version), ['port-forward', what, `:${port}`], {
    cwd: cluster.served.folder,
    env: { HOME: cluster.served.folder, KUBECONFIG: cluster.served.kubeconfig, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  forwards.push(child)
  let said = ''
  const local = await new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      const [, found] = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said) ?? []
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', () => reject(new Error(said)))
  })
  return { url: `http://127.0.0.1:${local}`, said: () => said }
}

async function until(holds: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS
  while (!holds() && Date.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('kubectl port-forward', () => {
  test.each([
    ['deploy/prometheus', '9090', '1.35', {}],
    ['service/prometheus', '80', '1.34', {}],
    ['deploy/prometheus', 'web', '1.35', { KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
  ] as const)('reaches the program in a pod: %s %s, kubectl %s %o', async (what, port, version, env) => {
    const { url } = await forward(what, port, { version, env })
    const ready = await fetch(`${url}/-/ready`)
    expect([ready.status, await ready.text()]).toEqual([200, 'Prometheus Server is Ready.\n'])
    const query = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: '6 * 7' }) })
    expect(await query.json()).toMatchObject({ data: { resultType: 'scalar', result: [expect.any(Number), '42'] } })
  })

  test('many connections at a time, each with its own answer, long ones whole', async () => {
    const { url } = await forward('deploy/prometheus', '9090')
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const text = `"${String(index).padStart(200_000, '.')}"`
        const body = new URLSearchParams({ query: text })
        const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body, headers: { connection: 'close' } })
        const { data } = (await answer.json()) as { data: { result: [number, string] } }
        return data.result[1] === text.slice(1, -1)
      }),
    )
    expect(answers).toEqual(answers.map(() => true))
  })

  test('a port where nobody listens is told of, as the kubelet tells it', async () => {
    const { url, said } = await forward('deploy/prometheus', '9191')
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    await until(() => said().includes('refused'))
    expect(said()).toMatch(
      /error forwarding port 9191 to pod prometheus-\w+-\w+, uid [-\w]+: dial tcp 127\.0\.0\.1:9191: connect: connection refused/,
    )
  })

  test('is refused for a pod that does not run, and to who may not', async () => {
    await cluster.served.sh(
      'kubectl run waiting --image shop/none --overrides \'{"spec":{"nodeSelector":{"no":"node"}}}\'',
    )
    const waiting = await cluster.served.sh('kubectl port-forward pod/waiting :80')
    expect(waiting.output).toContain('unable to forward port because pod is not running. Current status=Pending')
    const forbidden = await cluster.served.sh(`kubectl port-forward ${pod} :9090 --as nobody`)
    expect(forbidden.output).toContain('User "nobody" cannot get resource "pods"')
    await cluster.served.sh('kubectl create role reader --verb get --resource pods,pods/portforward')
    await cluster.served.sh('kubectl create rolebinding reader --role reader --user reader')
    const reader = await cluster.served.sh(`kubectl port-forward ${pod} :9090 --as reader`)
    expect(reader.output).toContain('User "reader" cannot create resource "pods/portforward"')
  })
})

test('a client library forwards over channels of a WebSocket', async () => {
  const [output, errors, input] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const webSocket = await new PortForward(cluster.config).portForward('default', pod, [9090], output, errors, input)
  input.write('GET /-/healthy HTTP/1.1\r\nHost: prometheus\r\nConnection: close\r\n\r\n')
  let answer = ''
  output.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  await until(() => answer.includes('Healthy'))
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Prometheus Server is Healthy\.\n/)
  if ('close' in webSocket) webSocket.close()
})

test('without another protocol there is nothing to forward', async () => {
  const raw = `kubectl create --raw /api/v1/namespaces/default/pods/${pod}/portforward -f /dev/null`
  expect((await cluster.served.sh(raw)).output).toContain('Upgrade request required')
})
