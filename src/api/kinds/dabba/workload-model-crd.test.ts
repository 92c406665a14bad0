import { describe, expect, test } from 'vitest'
import { applyDefaults } from '../../schema/defaults.ts'
import { ruleTree } from '../../schema/rules/rule-tree.ts'
import { runRules } from '../../schema/rules/rule-validator.ts'
import type { Schema } from '../../schema/schema.ts'
import { validateValue } from '../../schema/validation/validate-value.ts'
import type { WorkloadModelSpec } from './workload-model.ts'
import { workloadModelSchema } from './workload-model-crd.ts'

type Complete<T> = T extends readonly (infer Item)[]
  ? readonly Complete<Item>[]
  : T extends object
    ? { readonly [Field in keyof T]-?: Complete<T[Field]> }
    : T

/** Every field that the type has: the compiler refuses this where one is missing or one too many. */
const complete: Complete<WorkloadModelSpec> = {
  priority: 1,
  selector: {
    podSelector: { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'app', operator: 'In', values: ['a'] }] },
    namespaces: ['a'],
    images: ['a'],
    containers: ['a'],
  },
  image: { pullDuration: '1s', size: '1Mi', pullError: { message: 'm', attempts: 1 }, jitterPercent: 1 },
  start: { createAfter: '1s', createError: 'e', startedAfter: '1s', readyAfter: '1s', jitterPercent: 1 },
  runs: [
    {
      exitAfter: '1s',
      exitCode: 1,
      exitMessage: 'm',
      failurePercent: 1,
      failureCode: 1,
      failureMessage: 'm',
      jitterPercent: 1,
    },
  ],
  logs: {
    onStart: [{ line: 'l', stream: 'stdout' }],
    periodic: [{ line: 'l', stream: 'stderr', every: '1s', from: '1s', until: '2s', jitterPercent: 1 }],
    onTermination: [{ line: 'l', stream: 'stdout' }],
    onExit: [{ line: 'l', stream: 'stdout' }],
  },
  usage: { cpu: curve(), memory: curve(), ephemeralStorage: curve() },
  serves: {
    ports: [{ port: 80, protocol: 'HTTP' }],
    paths: [
      {
        path: '/',
        pathType: 'Exact',
        methods: ['GET'],
        status: 200,
        headers: { a: 'b' },
        body: 'b',
        echo: false,
        grpc: { status: 'NOT_FOUND', message: 'm', reply: 'CAE=', replies: 2, echo: false },
        latency: {
          fixed: '1s',
          uniform: { min: '1s', max: '2s' },
          normal: { p50: '1s', p99: '2s' },
          logNormal: { p50: '1s', p99: '2s' },
        },
        errors: [
          { percent: 0.1, status: 500, grpcStatus: 'INTERNAL', body: 'b', fault: 'Reset', from: '1s', until: '2s' },
        ],
        calls: [
          {
            url: 'http://a',
            method: 'GET',
            headers: { a: 'b' },
            body: 'b',
            percent: 1,
            timeout: '1s',
            onFailure: 'Fail',
          },
        ],
        callsInParallel: true,
        propagateHeaders: ['a'],
      },
    ],
    concurrency: 1,
    queue: 1,
  },
  probes: { startup: [window()], readiness: [window()], liveness: [window()] },
  hooks: { postStart: { duration: '1s', error: 'e' }, preStop: { duration: '1s', error: 'e' } },
  termination: { exitAfter: '1s', exitCode: 1, ignoresSignal: false, jitterPercent: 1 },
}

function curve(): Complete<NonNullable<NonNullable<WorkloadModelSpec['usage']>['cpu']>> {
  return {
    points: [{ after: '1s', value: '1' }],
    repeatEvery: '1s',
    growth: { amount: '1', every: '1s' },
    jitterPercent: 1,
  }
}

function window(): Complete<NonNullable<NonNullable<WorkloadModelSpec['probes']>['startup']>[number]> {
  return { from: '1s', until: '2s', repeatEvery: '3s', result: 'Failure', message: 'm' }
}

test('the definition has the fields of the type, and no other', () => {
  expect(fieldsOfSchema(workloadModelSchema().properties?.['spec'])).toEqual(fieldsOfValue(complete))
})

test('the definition tells what each of its fields is for', () => {
  const spec = workloadModelSchema().properties?.['spec']
  const { selector, ...sections } = spec?.properties ?? {}
  for (const [name, schema] of Object.entries({ selector, ...sections })) expect(schema?.description, name).toBeTruthy()
})

const schema = workloadModelSchema()
const rules = ruleTree(schema, true)

/** What the server says of a model with this spec, beside its selector. */
function problemsOf(sections: Record<string, unknown>): string[] {
  const model = {
    apiVersion: 'dabba.dev/v1alpha1',
    kind: 'WorkloadModel',
    metadata: { name: 'm' },
    spec: { selector: {}, ...sections },
  }
  const object = applyDefaults(model, schema)
  const ruled = rules === undefined ? [] : runRules(rules, '', { value: object }, { budget: 10_000_000 }).causes
  return [...validateValue(object, schema), ...ruled].map(({ field, message }) => `${field}: ${message}`)
}

test('a complete model is accepted, and so is one that says nothing', () => {
  const { ignoresSignal: _, ...graceful } = complete.termination
  const latencies = [
    { fixed: '1s' },
    { uniform: { min: '0s', max: '1s' } },
    { normal: { p50: '1s', p99: '1s' } },
    { logNormal: { p50: '10ms', p99: '1s' } },
  ]
  const errors = [
    { percent: 0.1, status: 500, body: 'b' },
    { percent: 0.9, grpcStatus: 'UNAVAILABLE', body: 'b' },
    { percent: 99, fault: 'Reset', from: '1s' },
  ]
  const paths = latencies.map((latency) => ({ ...complete.serves.paths[0], latency, errors }))
  const serves = { ...complete.serves, paths }
  expect(problemsOf({ ...complete, serves, termination: graceful })).toEqual([])
  expect(problemsOf({ serves: { ports: [], paths: [{ path: '*/a', pathType: 'Glob' }] } })).toEqual([])
  expect(problemsOf({ ...complete, serves, termination: { ignoresSignal: true } })).toEqual([])
  expect(problemsOf({})).toEqual([])
})

describe('the definition refuses', () => {
  test.each([
    ['a number as a duration', { image: { pullDuration: 5 } }, 'spec.image.pullDuration'],
    ['a duration without a unit', { image: { pullDuration: '5' } }, 'spec.image.pullDuration'],
    ['a negative duration', { image: { pullDuration: '-5s' } }, 'spec.image.pullDuration'],
    ['a size that is no quantity', { image: { size: '5 MB' } }, 'spec.image.size'],
    ['more than all', { image: { jitterPercent: 101 } }, 'spec.image.jitterPercent'],
    ['no attempts', { image: { pullError: { message: 'm', attempts: 0 } } }, 'spec.image.pullError.attempts'],
    [
      'ready before started',
      { start: { startedAfter: '5s', readyAfter: '4s' } },
      'readyAfter must not be before startedAfter',
    ],
    ['no runs at all', { runs: [] }, 'spec.runs'],
    ['a code without an end', { runs: [{ exitCode: 1 }] }, 'exitCode needs exitAfter'],
    ['failures without an end', { runs: [{ failurePercent: 1 }] }, 'failurePercent needs exitAfter'],
    ['a code that no process has', { runs: [{ exitAfter: '1s', exitCode: 256 }] }, 'spec.runs[0].exitCode'],
    [
      'a stream that there is not',
      { logs: { onStart: [{ line: 'l', stream: 'both' }] } },
      'spec.logs.onStart[0].stream',
    ],
    ['a line again and again at once', { logs: { periodic: [{ line: 'l', every: '0s' }] } }, 'must be longer than 0s'],
    [
      'an end before the start',
      { logs: { periodic: [{ line: 'l', every: '1s', from: '2s', until: '2s' }] } },
      'until must be after from',
    ],
    ['a curve without points', { usage: { cpu: { points: [] } } }, 'spec.usage.cpu.points'],
    [
      'points out of order',
      {
        usage: {
          cpu: {
            points: [
              { after: '2m', value: 1 },
              { after: '90s', value: 2 },
            ],
          },
        },
      },
      'points must be in order of after',
    ],
    [
      'a curve that starts over too soon',
      { usage: { cpu: { points: [{ after: '2m', value: 1 }], repeatEvery: '1m' } } },
      'repeatEvery must not be before the last point',
    ],
    ['a value in words', { usage: { cpu: { points: [{ value: 'half' }] } } }, 'spec.usage.cpu.points[0].value'],
    [
      'a window that ends before it starts',
      { probes: { liveness: [{ from: '2m', until: '1m' }] } },
      'until must be after from',
    ],
    [
      'a window that comes again without an end',
      { probes: { liveness: [{ repeatEvery: '1m' }] } },
      'repeatEvery needs until',
    ],
    [
      'a deaf process with an exit code',
      { termination: { ignoresSignal: true, exitCode: 0 } },
      'a process that ignores the signal',
    ],
    [
      'values for Exists',
      { selector: { podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } } },
      'values go with In and NotIn',
    ],
    [
      'a label value with a space',
      { selector: { podSelector: { matchLabels: { a: 'b c' } } } },
      'spec.selector.podSelector.matchLabels',
    ],
    ['two latencies', path({ latency: { fixed: '1s', uniform: { min: '1s', max: '2s' } } }), 'a latency is one of'],
    ['no latency at all', path({ latency: {} }), 'a latency is one of'],
    ['a tail below the middle', path({ latency: { normal: { p50: '2s', p99: '1s' } } }), 'p99 must not be below p50'],
    ['bounds the wrong way', path({ latency: { uniform: { min: '2s', max: '1s' } } }), 'max must not be below min'],
    [
      'an error of two kinds',
      path({ errors: [{ percent: 1, status: 500, fault: 'Hang' }] }),
      'one of status, grpcStatus and fault',
    ],
    ['an error of no kind', path({ errors: [{ percent: 1 }] }), 'one of status, grpcStatus and fault'],
    ['the words of a fault', path({ errors: [{ percent: 1, fault: 'Hang', body: 'b' }] }), 'body needs a status'],
    [
      'more errors than requests',
      path({
        errors: [
          { percent: 60, status: 500 },
          { percent: 40.5, status: 503 },
        ],
      }),
      'errors must not add up to more than 100 percent',
    ],
    ['a body beside an echo', path({ echo: true, body: 'b' }), 'body and echo exclude each other'],
    ['a path that does not begin', path({ path: 'a' }), 'spec.serves.paths[0].path'],
    ['a status that no answer has', path({ status: 99 }), 'spec.serves.paths[0].status'],
    ['a header of two lines', path({ headers: { a: 'b\r\nc: d' } }), 'spec.serves.paths[0].headers'],
    ['a call without a host', path({ calls: [{ url: '/charge' }] }), 'spec.serves.paths[0].calls[0].url'],
    ['a call without time', path({ calls: [{ url: 'http://a', timeout: '0s' }] }), 'must be longer than 0s'],
    ['a port that there is not', { serves: { ports: [{ port: 65_536 }] } }, 'spec.serves.ports[0].port'],
    ['nobody at work', { serves: { concurrency: 0 } }, 'spec.serves.concurrency'],
    ['an image pattern with a space', { selector: { images: ['a b'] } }, 'spec.selector.images[0]'],
  ])('%s', (_, sections, problem) => {
    const problems = problemsOf(sections)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(problem)
  })
})

function path(fields: Record<string, unknown>): Record<string, unknown> {
  return { serves: { paths: [fields] } }
}

function fieldsOfSchema(schema: Schema | undefined, path = ''): string[] {
  if (schema?.items !== undefined) return fieldsOfSchema(schema.items, `${path}[]`)
  if (schema?.properties === undefined) return [path]
  return Object.entries(schema.properties)
    .flatMap(([name, property]) => fieldsOfSchema(property, `${path}.${name}`))
    .toSorted()
}

function fieldsOfValue(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return fieldsOfValue(value[0], `${path}[]`)
  if (typeof value !== 'object' || value === null || /\.(matchLabels|headers)$/.test(path)) return [path]
  return Object.entries(value)
    .flatMap(([name, property]) => fieldsOfValue(property, `${path}.${name}`))
    .toSorted()
}
