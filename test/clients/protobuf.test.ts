import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeProtobuf, encodeProtobuf } from '../../src/api/protobuf/protobuf.ts'
import { builtinDefinition } from '../../src/api/schema/builtin-table.ts'
import { builtinObjects } from '../support/builtin-objects.ts'
import { StubServer, type StubRequest } from './stub-server.ts'

/** `kubectl create …`: the arguments, and the kind that it sends. */
const CREATED: readonly (readonly [kind: string, ...args: string[]])[] = [
  ['ConfigMap', 'configmap', 'web', '--from-literal=a=b'],
  ['Deployment', 'deployment', 'web', '--image=nginx', '--replicas=0', '--port=80'],
  ['Job', 'job', 'web', '--image=busybox', '--', 'echo', 'hi'],
  ['CronJob', 'cronjob', 'web', '--image=busybox', '--schedule=*/5 * * * *'],
  ['Secret', 'secret', 'generic', 'web', '--from-literal=a=b'],
  ['ResourceQuota', 'quota', 'web', '--hard=cpu=1,memory=1G'],
  ['RoleBinding', 'rolebinding', 'web', '--role=admin', '--user=asha'],
  ['ClusterRole', 'clusterrole', 'web', '--aggregation-rule=a=b'],
  ['Ingress', 'ingress', 'web', '--rule=foo.example/=svc:8080'],
  ['PodDisruptionBudget', 'pdb', 'web', '--selector=a=b', '--min-available=50%'],
  ['Service', 'service', 'clusterip', 'web', '--tcp=5678:8080'],
  ['PriorityClass', 'priorityclass', 'web', '--value=0'],
  ['ServiceAccount', 'serviceaccount', 'web'],
  ['Namespace', 'namespace', 'web'],
]

const isProtobuf = ({ contentType }: StubRequest) => contentType === 'application/vnd.kubernetes.protobuf'

describe.each(['1.34', '1.35'] as const)('kubectl %s sends protobuf', (version) => {
  test.each(CREATED)('%s: what is read is what kubectl itself prints as JSON', async (kind, ...args) => {
    await using server = await StubServer.start((request) => ({ code: 201, body: decodeProtobuf(request.body) }))
    const created = await server.kubectl(version, ['create', ...args])
    expect(created).toMatchObject({ code: 0, stderr: '' })

    const sent = server.requests.filter(isProtobuf).map(({ body }) => decodeProtobuf(body))
    const flags = ['--dry-run=client', '--output=json']
    const printed = await server.kubectl(version, createCommand(args, flags))
    expect(sent).toEqual([withoutNulls(JSON.parse(printed.stdout))])
    expect(sent).toMatchObject([{ kind, metadata: { name: 'web' } }])
  })

  test('TokenRequest, which is answered with a token', async () => {
    await using server = await StubServer.start((request) => {
      const { spec, ...rest } = decodeProtobuf(request.body)
      expect(spec).toEqual({ audiences: ['vault'], expirationSeconds: 3600 })
      return {
        code: 201,
        body: { ...rest, spec, status: { token: 'secret', expirationTimestamp: '2026-07-01T00:00:00Z' } },
      }
    })
    const created = await server.kubectl(version, ['create', 'token', 'robot', '--audience=vault', '--duration=1h'])
    expect(created).toMatchObject({ code: 0, stdout: 'secret' })
  })
})

// Only 1.35 knows the fields of 1.35.
describe('kubectl 1.35 reads protobuf', () => {
  test.each(CREATED)('%s: whatever the fields hold arrives as it was', async (kind, ...args) => {
    const answers: object[] = []
    await using server = await StubServer.start((request) => {
      const { apiVersion } = decodeProtobuf(request.body)
      const [group, version = group] = apiVersion.split('/')
      const definition = builtinDefinition({
        group: version === group ? '' : (group ?? ''),
        version: version ?? '',
        kind,
      })
      const [fields] = fc.sample(builtinObjects(definition ?? ''), { numRuns: 1, seed: answers.length })
      const object = { apiVersion, kind, ...fields }
      answers.push(object)
      return { code: 201, type: 'application/vnd.kubernetes.protobuf', body: encodeProtobuf(object) }
    })
    const flags = ['--output=json', '--show-managed-fields']
    for (let round = 0; round < 3; round++) {
      const created = await server.kubectl('1.35', createCommand(args, flags))
      expect(created).toMatchObject({ code: 0, stderr: '' })
      expect(withoutNulls(JSON.parse(created.stdout))).toEqual(answers.at(-1))
    }
  })
})

/** The flags stand before the first flag of `args`: behind `--` they would be the container's. */
function createCommand(args: readonly string[], flags: readonly string[]): string[] {
  const first = args.findIndex((arg) => arg.startsWith('-'))
  const at = first < 0 ? args.length : first
  return ['create', ...args.slice(0, at), ...flags, ...args.slice(at)]
}

/** Go writes null for a list and a time that are not set: our objects leave these out. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, one]) => one !== null)
  return Object.fromEntries(entries.map(([key, one]) => [key, withoutNulls(one)]))
}
