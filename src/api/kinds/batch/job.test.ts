import { describe, expect, test } from 'vitest'
import { created, problems, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import type { JobCondition, JobSpec, JobStatus, PodSpec } from '../../types.generated.ts'
import { Job } from './job.ts'

const POD: PodSpec = { containers: [{ name: 'pi', image: 'perl' }], restartPolicy: 'Never' }

function job(spec: Partial<JobSpec> = {}, metadata: Partial<Job['metadata']> = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'pi', namespace: 'shop', uid: 'u-1', ...metadata },
    spec: { template: { spec: POD }, ...spec },
  }
}

const GENERATED = {
  'batch.kubernetes.io/controller-uid': 'u-1',
  'batch.kubernetes.io/job-name': 'pi',
  'controller-uid': 'u-1',
  'job-name': 'pi',
}

describe('a new Job', () => {
  test('selects its pods by labels that only it has', () => {
    const { spec, metadata } = created(Job, job())
    expect(spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': 'u-1' } })
    expect(spec.template.metadata).toEqual({ labels: GENERATED })
    expect(metadata.labels).toEqual(GENERATED)
  })

  test('keeps labels of its own', () => {
    expect(created(Job, job({}, { labels: { a: 'b' } })).metadata.labels).toEqual({ a: 'b' })
  })

  test('with a selector of its own is left alone', () => {
    const selector = { matchLabels: { app: 'pi' } }
    const template = { metadata: { name: '', labels: { app: 'pi' } }, spec: POD }
    const made = created(Job, job({ manualSelector: true, selector, template }))
    expect(made.spec.selector).toEqual(selector)
    expect(made.spec.template.metadata?.labels).toEqual({ app: 'pi' })
  })

  test.each<[Partial<JobSpec>, Partial<JobSpec>]>([
    [{}, { completions: 1, parallelism: 1, backoffLimit: 6, completionMode: 'NonIndexed', suspend: false }],
    [{ parallelism: 3 }, { parallelism: 3 }],
    [{ completions: 3 }, { completions: 3, parallelism: 1 }],
    [{ completionMode: 'Indexed', completions: 3, backoffLimitPerIndex: 1 }, { backoffLimit: 2147483647 }],
    [{}, { podReplacementPolicy: 'TerminatingOrFailed' }],
    [{ podFailurePolicy: { rules: [] } }, { podReplacementPolicy: 'Failed' }],
  ])('%j is filled in with %j', (spec, expected) => {
    expect(created(Job, job(spec)).spec).toMatchObject(expected)
  })

  test('a work queue has no number of completions', () => {
    expect(created(Job, job({ parallelism: 3 })).spec.completions).toBeUndefined()
  })

  test('a complete Job is its own default', () => {
    const complete = created(Job, job())
    expect(Job.default?.(complete)).toBe(complete)
  })
})

describe('is refused', () => {
  const indexed = { completionMode: 'Indexed', completions: 5 }
  const sidecarless = (restartPolicy: string): Partial<JobSpec> => ({ template: { spec: { ...POD, restartPolicy } } })
  const failurePolicy = (rule: object): Partial<JobSpec> => ({ podFailurePolicy: { rules: [rule as never] } })

  test.each<[string, Partial<JobSpec>, readonly string[]]>([
    ['nothing that is right', {}, []],
    [
      'a pod that never ends',
      sidecarless('Always'),
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      'an indexed Job without an end',
      { completionMode: 'Indexed', parallelism: 2 },
      ['spec.completions: Required value: when completion mode is Indexed'],
    ],
    [
      'a mode that nobody knows',
      { completionMode: 'Sorted' },
      ['spec.completionMode: Unsupported value: "Sorted": supported values: "NonIndexed", "Indexed"'],
    ],
    [
      'limits by index without indexes',
      { backoffLimitPerIndex: 1, maxFailedIndexes: 2 },
      [
        'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
        'spec.maxFailedIndexes: Invalid value: 2: requires indexed completion mode',
      ],
    ],
    [
      'more failures than indexes',
      { ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 6 },
      ['spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions'],
    ],
    [
      'a manager without a domain',
      { managedBy: 'me' },
      ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      'a selector that is not the server’s',
      { selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'other' } } },
      [
        'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"other"}}: `selector` not auto-generated',
        'spec.template.metadata.labels: Invalid value: {"batch.kubernetes.io/controller-uid":"u-1","batch.kubernetes.io/job-name":"pi","controller-uid":"u-1","job-name":"pi"}: `selector` does not match template `labels`',
      ],
    ],
    [
      'success without indexes',
      { successPolicy: { rules: [{ succeededCount: 1 }] } },
      ['spec.successPolicy: Invalid value: {"Rules":[{"SucceededCount":1}]}: requires indexed completion mode'],
    ],
    [
      'success that cannot come',
      {
        ...indexed,
        successPolicy: { rules: [{ succeededIndexes: '0-2', succeededCount: 4 }, {}, { succeededIndexes: '3,2' }] },
      },
      [
        'spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of indexes in the specified succeededIndexes field)',
        'spec.successPolicy.rules[1]: Required value: at least one of succeededCount or succeededIndexes must be specified',
        'spec.successPolicy.rules[2].succeededIndexes: Invalid value: "3,2": error parsing succeededIndexes: non-increasing order, previous: 3, current: 2',
      ],
    ],
    [
      'a failure rule about nothing',
      failurePolicy({ action: 'Explode' }),
      [
        'spec.podFailurePolicy.rules[0].action: Unsupported value: "Explode": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
        'spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
      ],
    ],
    [
      'exit codes out of order',
      failurePolicy({ action: 'FailJob', onExitCodes: { operator: 'In', containerName: 'no', values: [3, 0, 3] } }),
      [
        'spec.podFailurePolicy.rules[0].onExitCodes.containerName: Invalid value: "no": must be one of the container or initContainer names in the pod template',
        'spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
        'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 3',
        'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [3,0,3]: must be ordered',
      ],
    ],
  ])('%s', (_, spec, expected) => {
    expect(refusals(Job, job(spec))).toEqual(expected)
  })

  test('a name whose last pod could have no host name', () => {
    const name = 'a'.repeat(62)
    expect(refusals(Job, job(indexed, { name }))).toEqual([
      `metadata.name: Invalid value: "${name}": will not able to create pod with invalid DNS label: ${name}-4`,
    ])
  })
})

describe('an update', () => {
  const stored = (spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job => ({ ...created(Job, job(spec)), status })
  const changed = (old: Job, spec: Partial<JobSpec>): readonly string[] => {
    return problems(Job.validate?.({ ...old, spec: { ...old.spec, ...spec } }, old))
  }

  test.each<[string, Partial<JobSpec>]>([
    ['parallelism', { parallelism: 5 }],
    ['suspend', { suspend: true }],
    ['backoffLimit', { backoffLimit: 0 }],
  ])('may change %s', (_, spec) => {
    expect(changed(stored(), spec)).toEqual([])
  })

  test.each<[string, Partial<JobSpec>, string]>([
    ['completions', { completions: 5 }, 'spec.completions: Invalid value: 5: field is immutable'],
    ['managedBy', { managedBy: 'acme.io/x' }, 'spec.managedBy: Invalid value: "acme.io/x": field is immutable'],
    [
      'completionMode',
      { completionMode: 'Indexed' },
      'spec.completionMode: Invalid value: "Indexed": field is immutable',
    ],
  ])('may not change %s', (_, spec, expected) => {
    expect(changed(stored(), spec)).toEqual([expected])
  })

  test('an indexed Job grows together with its parallelism', () => {
    const old = stored({ completionMode: 'Indexed', completions: 3, parallelism: 3 })
    expect(changed(old, { completions: 5, parallelism: 5 })).toEqual([])
    expect(changed(old, { completions: 5 })).toEqual([
      'spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism',
    ])
  })

  test('of the template is for Jobs that have not run', () => {
    const suspended = stored({ suspend: true })
    const moved = (old: Job): Partial<JobSpec> => ({
      template: { ...old.spec.template, spec: { ...old.spec.template.spec!, nodeSelector: { disk: 'ssd' } } },
    })
    expect(changed(suspended, moved(suspended))).toEqual([])
    const started = { ...suspended, status: { startTime: '2026-01-01T00:00:00Z' } }
    expect(changed(started, moved(started))[0]).toMatch(/^spec\.template: Invalid value: .*: field is immutable$/)
    expect(changed(stored(), moved(stored()))).toHaveLength(1)
  })

  test('leaves everything as it was where nothing changed', () => {
    expect(updateRefusals(Job, created(Job, job()), job())).toEqual([])
  })
})

describe('a status', () => {
  const START = '2026-01-01T00:00:00Z'
  const END = '2026-01-01T00:01:00Z'
  const conditions = (...types: readonly string[]): readonly JobCondition[] =>
    types.map((type) => ({ type, status: 'True' }))
  const complete: JobStatus = {
    startTime: START,
    completionTime: END,
    conditions: conditions('SuccessCriteriaMet', 'Complete'),
  }

  test.each<[string, JobStatus, JobStatus, readonly string[]]>([
    ['may say that the Job is done', complete, { startTime: START }, []],
    [
      'is done or failed, not both',
      {
        startTime: START,
        completionTime: END,
        conditions: conditions('SuccessCriteriaMet', 'Complete', 'Failed', 'FailureTarget'),
      },
      {},
      [
        'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions',
        'status.conditions: Invalid value: cannot set Complete=True and FailureTarget=true conditions',
        'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and Failed=true conditions',
        'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
      ],
    ],
    [
      'says when it was done',
      { startTime: START, conditions: conditions('SuccessCriteriaMet', 'Complete') },
      {},
      ['status.completionTime: Required value: completionTime is required for Complete jobs'],
    ],
    [
      'has no pods left when it is done',
      { ...complete, active: 1, terminating: 2 },
      {},
      [
        'status.active: Invalid value: 1: active>0 is invalid for finished job',
        'status.terminating: Invalid value: 2: terminating>0 is invalid for finished job',
      ],
    ],
    [
      'is final',
      { startTime: START },
      { ...complete, failed: 1 },
      [
        'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
        'status.failed: Invalid value: 0: cannot decrease the failed counter',
        'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition',
      ],
    ],
    [
      'counts indexes only of indexed Jobs',
      { completedIndexes: '0' },
      {},
      [
        'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
      ],
    ],
    [
      'ends after it began',
      { ...complete, completionTime: START, startTime: END },
      {},
      ['status.completionTime: Invalid value: "2026-01-01T00:00:00Z": must be equal to or after `startTime`'],
    ],
  ])('%s', (_, status, before, expected) => {
    const old = { ...created(Job, job()), status: before }
    expect(problems(Job.validateStatus?.({ ...old, status }, old))).toEqual(expected)
  })

  test('no index both fails and completes', () => {
    const old = created(Job, job({ completionMode: 'Indexed', completions: 9, backoffLimitPerIndex: 0 }))
    const status = { completedIndexes: '0-2,5,7-8', failedIndexes: '3,6-7' }
    expect(problems(Job.validateStatus?.({ ...old, status }, old))).toEqual([
      'status.failedIndexes: Invalid value: "3,6-7": failedIndexes and completedIndexes overlap at index: 7',
    ])
  })
})

describe('kubectl get', () => {
  const NOW = Date.parse('2026-01-01T00:01:30Z')
  test.each<[Partial<JobSpec>, JobStatus, Record<string, unknown>]>([
    [{}, {}, { Status: 'Running', Completions: '0/1', Duration: '' }],
    [
      { parallelism: 4 },
      { succeeded: 1, startTime: '2026-01-01T00:00:00Z' },
      { Completions: '1/1 of 4', Duration: '90s' },
    ],
    [
      { completions: 3 },
      {
        succeeded: 3,
        startTime: '2026-01-01T00:00:00Z',
        completionTime: '2026-01-01T00:00:42Z',
        conditions: [
          { type: 'SuccessCriteriaMet', status: 'True' },
          { type: 'Complete', status: 'True' },
        ],
      },
      { Status: 'Complete', Completions: '3/3', Duration: '42s' },
    ],
    [{ suspend: true }, { conditions: [{ type: 'Suspended', status: 'True' }] }, { Status: 'Suspended' }],
  ])('%j %j', (spec, status, expected) => {
    expect(row(Job, { ...created(Job, job(spec)), status }, NOW)).toMatchObject(expected)
  })

  test('fields to select by', () => {
    const [field] = Job.selectableFields ?? []
    expect(field?.path).toBe('status.successful')
    expect(field?.value({ ...job(), status: { succeeded: 2 } })).toBe('2')
  })
})
