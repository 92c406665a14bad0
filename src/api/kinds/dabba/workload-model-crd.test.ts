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
  expect(problemsOf({ ...complete, termination: graceful })).toEqual([])
  expect(problemsOf({ ...complete, termination: { ignoresSignal: true } })).toEqual([])
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
    ['an image pattern with a space', { selector: { images: ['a b'] } }, 'spec.selector.images[0]'],
  ])('%s', (_, sections, problem) => {
    const problems = problemsOf(sections)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(problem)
  })
})

function fieldsOfSchema(schema: Schema | undefined, path = ''): string[] {
  if (schema?.items !== undefined) return fieldsOfSchema(schema.items, `${path}[]`)
  if (schema?.properties === undefined) return [path]
  return Object.entries(schema.properties)
    .flatMap(([name, property]) => fieldsOfSchema(property, `${path}.${name}`))
    .toSorted()
}

function fieldsOfValue(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return fieldsOfValue(value[0], `${path}[]`)
  if (typeof value !== 'object' || value === null || path.endsWith('.matchLabels')) return [path]
  return Object.entries(value)
    .flatMap(([name, property]) => fieldsOfValue(property, `${path}.${name}`))
    .toSorted()
}
