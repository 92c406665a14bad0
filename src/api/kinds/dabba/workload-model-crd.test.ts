import { expect, test } from 'vitest'
import type { Schema } from '../../schema/schema.ts'
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
