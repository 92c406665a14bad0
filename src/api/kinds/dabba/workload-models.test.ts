import { describe, expect, test } from 'vitest'
import { curveAt } from './curve.ts'
import { answerProbe, type Behaviour, jittered, periodicLineMs, planRun } from './behaviour.ts'
import type { WorkloadModel, WorkloadModelSpec } from './workload-model.ts'
import { type ModelledContainer, WorkloadModels } from './workload-models.ts'

const cart: ModelledContainer = {
  namespace: 'bazaar',
  labels: { app: 'cart', tier: 'web' },
  image: 'registry.example.in/bazaar/cart:v2',
  name: 'cart',
  runsToEnd: false,
  requests: { cpu: '200m', memory: '256Mi' },
}

const middle = () => 0.5

function model(name: string, spec: WorkloadModelSpec): WorkloadModel {
  return { apiVersion: 'dabba.dev/v1alpha1', kind: 'WorkloadModel', metadata: { name }, spec }
}

function pulls(name: string, selector: WorkloadModelSpec['selector'], priority?: number): WorkloadModel {
  return model(name, { selector, image: { pullDuration: '1s' }, ...(priority === undefined ? {} : { priority }) })
}

describe('which model applies', () => {
  test.each([
    { why: 'no model', models: [], from: undefined },
    { why: 'an empty selector selects all', models: [pulls('all', {})], from: 'all' },
    { why: 'a glob on the image', models: [pulls('x', { images: ['*/cart:*'] })], from: 'x' },
    { why: 'one of several globs is enough', models: [pulls('x', { images: ['a', '*/cart:*'] })], from: 'x' },
    { why: 'the image is matched whole', models: [pulls('x', { images: ['bazaar/cart'] })], from: undefined },
    { why: 'all parts must hold', models: [pulls('x', { images: ['*'], namespaces: ['shop'] })], from: undefined },
    { why: 'labels', models: [pulls('x', { podSelector: { matchLabels: { app: 'cart' } } })], from: 'x' },
    {
      why: 'expressions on labels',
      models: [
        pulls('x', { podSelector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }] } }),
      ],
      from: undefined,
    },
    {
      why: 'a key that no label has',
      models: [pulls('x', { podSelector: { matchLabels: { 'a b': 'c' } } })],
      from: undefined,
    },
    { why: 'the container', models: [pulls('x', { containers: ['istio-*'] })], from: undefined },
    {
      why: 'priority goes before labels',
      models: [pulls('labels', { podSelector: { matchLabels: { app: 'cart' } } }), pulls('high', {}, 1)],
      from: 'high',
    },
    {
      why: 'labels go before containers',
      models: [
        pulls('containers', { containers: ['cart'] }),
        pulls('labels', { podSelector: { matchLabels: { app: 'cart' } } }),
      ],
      from: 'labels',
    },
    {
      why: 'containers go before images',
      models: [
        pulls('images', { images: ['registry.example.in/bazaar/cart:v2'] }),
        pulls('containers', { containers: ['c*'] }),
      ],
      from: 'containers',
    },
    {
      why: 'the longer image pattern goes first',
      models: [pulls('a', { images: ['*'] }), pulls('b', { images: ['*/cart:*'] }), pulls('c', { images: ['*cart*'] })],
      from: 'b',
    },
    {
      why: 'namespaces go before none',
      models: [pulls('a', {}), pulls('b', { namespaces: ['*'] })],
      from: 'b',
    },
    { why: 'the name decides last, whatever the order', models: [pulls('b', {}), pulls('a', {})], from: 'a' },
  ])('$why', ({ models, from }) => {
    expect(new WorkloadModels(models).behaviourOf(cart).from.image).toBe(from)
  })

  test('sections come from different models, each as a whole', () => {
    const models = new WorkloadModels([
      model('every-image', {
        selector: {},
        image: { pullDuration: '4s', size: '200Mi' },
        termination: { exitAfter: '1s' },
      }),
      model('cart', { selector: { images: ['*/cart:*'] }, image: { pullDuration: '9s' } }),
    ])
    const behaviour = models.behaviourOf(cart)
    expect(behaviour.from).toEqual({ image: 'cart', termination: 'every-image' })
    expect(behaviour.image).toEqual({ pullMs: 9_000, sizeBytes: 100 * 2 ** 20, jitterRatio: 0 })
    expect(behaviour.termination.exitMs).toBe(1_000)
  })

  test('containers that are alike share one behaviour, others do not', () => {
    const models = new WorkloadModels([pulls('all', {})])
    const behaviour = models.behaviourOf(cart)
    expect(models.behaviourOf({ ...cart, labels: { app: 'other' }, name: 'other' })).toBe(behaviour)
    expect(models.behaviourOf({ ...cart, requests: { cpu: '100m', memory: '256Mi' } })).not.toBe(behaviour)
    expect(models.behaviourOf({ ...cart, runsToEnd: true })).not.toBe(behaviour)
  })
})

describe('without a model', () => {
  const models = new WorkloadModels([])

  test('a container starts at once, is healthy and goes on', () => {
    const behaviour = models.behaviourOf(cart)
    const plan = planRun(behaviour, 0, middle)
    expect(plan).toEqual({ startedMs: 0, readyMs: 0 })
    for (const probe of ['startup', 'readiness', 'liveness'] as const) {
      expect(answerProbe(behaviour, plan, { probe, elapsedMs: 0 })).toMatchObject({ result: 'Success' })
    }
    expect(curveAt(behaviour.usage.cpu, 1_000)).toBeCloseTo(0.02)
    expect(curveAt(behaviour.usage.memory, 1_000)).toBe(128 * 2 ** 20)
  })

  test('an init container or a container of a job ends well', () => {
    const plan = planRun(models.behaviourOf({ ...cart, runsToEnd: true }), 0, middle)
    expect(plan.exit).toEqual({ afterMs: 1_000, code: 0, message: '' })
  })

  test('limits stand in for requests that are missing', () => {
    const { requests: _, ...unrequested } = cart
    const limited = models.behaviourOf({ ...unrequested, limits: { memory: '1Gi' } })
    expect(curveAt(limited.usage.memory, 0)).toBe(512 * 2 ** 20)
    expect(curveAt(models.behaviourOf(unrequested).usage.memory, 0)).toBe(16 * 2 ** 20)
  })
})

describe('what a model says', () => {
  const behaviourOf = (sections: Omit<WorkloadModelSpec, 'selector'>): Behaviour =>
    new WorkloadModels([model('one', { selector: {}, ...sections })]).behaviourOf(cart)

  test('each restart takes the next run, and the last run stands for the rest', () => {
    const behaviour = behaviourOf({ runs: [{ exitAfter: '5s', exitCode: 1 }, { exitAfter: '10s', exitCode: 2 }, {}] })
    expect([0, 1, 2, 3].map((restarts) => planRun(behaviour, restarts, middle).exit?.code)).toEqual([
      1,
      2,
      undefined,
      undefined,
    ])
  })

  test('a share of runs fails', () => {
    const behaviour = behaviourOf({
      runs: [{ exitAfter: '5s', failurePercent: 30, failureCode: 3, failureMessage: 'no answer' }],
    })
    expect(planRun(behaviour, 0, () => 0.29).exit).toEqual({ afterMs: 5_000, code: 3, message: 'no answer' })
    expect(planRun(behaviour, 0, () => 0.3).exit).toEqual({ afterMs: 5_000, code: 0, message: '' })
  })

  test('jitter moves started and ready together', () => {
    const behaviour = behaviourOf({ start: { startedAfter: '10s', readyAfter: '20s', jitterPercent: 50 } })
    expect(planRun(behaviour, 0, () => 0)).toEqual({ startedMs: 5_000, readyMs: 10_000 })
    expect(planRun(behaviour, 0, middle)).toEqual({ startedMs: 10_000, readyMs: 20_000 })
    expect(jittered(100, 0, () => expect.unreachable())).toBe(100)
  })

  test('probes fail before their time and in their windows', () => {
    const behaviour = behaviourOf({
      start: { startedAfter: '5s', readyAfter: '10s' },
      probes: {
        readiness: [
          { from: '1m', until: '90s', message: 'draining' },
          { from: '1m', result: 'Success' },
        ],
        liveness: [{ from: '10s', until: '20s', repeatEvery: '1m', result: 'Timeout' }],
      },
    })
    const plan = planRun(behaviour, 0, middle)
    const answer = (probe: 'startup' | 'readiness' | 'liveness', elapsedMs: number) =>
      answerProbe(behaviour, plan, { probe, elapsedMs }).result
    expect([4_999, 5_000].map((ms) => answer('startup', ms))).toEqual(['Failure', 'Success'])
    expect([9_999, 10_000, 60_000, 89_999, 90_000].map((ms) => answer('readiness', ms))).toEqual([
      'Failure',
      'Success',
      'Failure',
      'Failure',
      'Success',
    ])
    expect([9_999, 10_000, 20_000, 70_000, 80_000].map((ms) => answer('liveness', ms))).toEqual([
      'Success',
      'Timeout',
      'Success',
      'Timeout',
      'Success',
    ])
    expect(answerProbe(behaviour, plan, { probe: 'readiness', elapsedMs: 60_000 }).message).toBe('draining')
  })

  test('usage in shares of the request, and a leak', () => {
    const { usage } = behaviourOf({
      usage: {
        cpu: { points: [{ value: '10%' }, { after: '10s', value: '300m' }] },
        memory: { points: [{ value: '50%' }], growth: { amount: '10Mi', every: '1m' } },
      },
    })
    expect(curveAt(usage.cpu, 0)).toBeCloseTo(0.02)
    expect(curveAt(usage.cpu, 10_000)).toBeCloseTo(0.3)
    expect(curveAt(usage.memory, 120_000)).toBeCloseTo(148 * 2 ** 20)
    expect(curveAt(usage.ephemeralStorage, 0)).toBe(0)
  })

  test('a periodic line starts, repeats and ends', () => {
    const [line] = behaviourOf({ logs: { periodic: [{ line: 'tick', every: '10s', from: '3s', until: '20s' }] } }).logs
      .periodic
    expect(line).toBeDefined()
    if (line === undefined) return
    expect(periodicLineMs(line, 0, 0.5)).toBe(3_000)
    expect(periodicLineMs(line, 1, 0.5)).toBe(13_000)
    expect(periodicLineMs({ ...line, jitterRatio: 0.2 }, 1, 0)).toBe(12_000)
  })

  test('pulls that fail, hooks that take time, a signal that is ignored', () => {
    const behaviour = behaviourOf({
      image: { pullError: { message: 'not found' } },
      hooks: { preStop: { duration: '5s', error: 'refused' } },
      termination: { ignoresSignal: true },
    })
    expect(behaviour.image.error).toEqual({ message: 'not found', attemptsMax: Number.POSITIVE_INFINITY })
    expect(behaviour.hooks).toEqual({ postStart: { durationMs: 0 }, preStop: { durationMs: 5_000, error: 'refused' } })
    expect(behaviour.termination.ignoresSignal).toBe(true)
  })
})
