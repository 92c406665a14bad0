import { describe, expect, test } from 'vitest'
import type { Pod, PodSpec } from '../../api/types.generated.ts'
import type { Role } from '../runtime.ts'
import { type ContainerFacts, newPodFacts, type PodFacts, type Stage } from './facts.ts'
import { plan } from './plan.ts'

const NOW = 1_000_000

interface Row {
  readonly role?: Role
  readonly stage: Stage
  readonly code?: number
  readonly endedMsAgo?: number
  readonly backoffMs?: number
  readonly retryInMs?: number
  readonly isStarted?: boolean
  readonly isHeld?: boolean
  readonly isCondemned?: boolean
}

/** A pod whose containers are where `rows` say: `{ init: …, web: … }`. */
function facts(
  rows: Readonly<Record<string, Row>>,
  rest: Partial<PodSpec> = {},
  more: Partial<PodFacts> = {},
): PodFacts {
  const named = Object.entries(rows)
  const ofRole = (...roles: Role[]) =>
    named
      .filter(([, { role = 'main' }]) => roles.includes(role))
      .map(([name, { role }]) => ({ name, ...(role === 'sidecar' ? { restartPolicy: 'Always' } : {}) }))
  const spec = {
    initContainers: ofRole('init', 'sidecar'),
    containers: ofRole('main'),
    ephemeralContainers: ofRole('ephemeral'),
    ...rest,
  }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec } as Pod
  const result = newPodFacts(pod, { hostIp: '172.18.0.2', nowMs: NOW - 60_000 })
  for (const container of result.containers) settle(container, rows[container.spec.name] ?? { stage: 'absent' })
  const hasInitialized = result.containers.some(({ role, run }) => role === 'main' && run !== undefined)
  return Object.assign(result, { isPrepared: true, hasInitialized }, more)
}

function settle(container: ContainerFacts, row: Row): void {
  const { stage, code, endedMsAgo = 0, backoffMs, retryInMs } = row
  container.stage = stage
  container.isStarted = row.isStarted ?? true
  container.isHeld = row.isHeld ?? false
  if (row.isCondemned === true) container.condemned = { message: 'must go' }
  if (retryInMs !== undefined) container.retryAtMs = NOW + retryInMs
  if (backoffMs !== undefined) container.backoff = { delayMs: backoffMs, updatedAtMs: NOW - endedMsAgo - 1_000 }
  if (stage === 'absent' || (stage === 'starting' && code === undefined)) return
  const exit = { code: code ?? 0, reason: '', message: '', finishedAtMs: NOW - endedMsAgo }
  container.run = {
    id: 'x',
    image: { name: '', id: '', sizeBytes: 0 },
    specImage: '',
    resources: undefined,
    startedAtMs: NOW - 30_000,
    ...(stage === 'exited' || code !== undefined ? { exit } : {}),
  }
}

/** The plan in names. */
function decide(state: PodFacts): Record<string, unknown> {
  const { start, stop, backOff, release, ...rest } = plan(state, NOW)
  const names = (list: readonly ContainerFacts[] = []): string => list.map(({ spec }) => spec.name).join(' ')
  return {
    ...rest,
    ...(start === undefined ? {} : { start: start.spec.name }),
    ...(stop.length === 0 ? {} : { stop: names(stop) }),
    ...(backOff.length === 0 ? {} : { backOff: names(backOff) }),
    ...(release === undefined || release.length === 0 ? {} : { release: names(release) }),
  }
}

const absent: Row = { stage: 'absent' }
const running: Row = { stage: 'running' }
const done: Row = { stage: 'exited', code: 0 }
const failed: Row = { stage: 'exited', code: 1 }

describe('a pod that is to run', () => {
  test('is prepared first', () => {
    expect(decide(facts({ web: absent }, {}, { isPrepared: false }))).toEqual({ prepare: true })
  })

  test.each<{ why: string; rows: Record<string, Row>; policy?: string; expected: Record<string, unknown> }>([
    { why: 'the first container is started', rows: { web: absent, log: absent }, expected: { start: 'web' } },
    { why: 'one at a time', rows: { web: { stage: 'starting' }, log: absent }, expected: {} },
    { why: 'then the next', rows: { web: running, log: absent }, expected: { start: 'log' } },
    { why: 'nothing more to do', rows: { web: running, log: running }, expected: {} },
    {
      why: 'one that waits for another try does not hold up the next',
      rows: { web: { stage: 'absent', retryInMs: 10_000 }, log: absent },
      expected: { start: 'log', wakeAtMs: NOW + 10_000 },
    },
    { why: 'the first restart is at once', rows: { web: failed }, expected: { start: 'web' } },
    {
      why: 'the second waits for its back-off',
      rows: { web: { ...failed, endedMsAgo: 3_000, backoffMs: 10_000 } },
      expected: { backOff: 'web', wakeAtMs: NOW + 7_000 },
    },
    {
      why: 'and comes when that is over',
      rows: { web: { ...failed, endedMsAgo: 10_000, backoffMs: 10_000 } },
      expected: { start: 'web' },
    },
    {
      why: 'one that must not go on is stopped',
      rows: { web: { ...running, isCondemned: true } },
      expected: { stop: 'web' },
    },
    { why: 'Never: all ended', rows: { web: done, log: failed }, policy: 'Never', expected: { isComplete: true } },
    { why: 'Never: one still runs', rows: { web: failed, log: running }, policy: 'Never', expected: {} },
    { why: 'OnFailure: all succeeded', rows: { web: done }, policy: 'OnFailure', expected: { isComplete: true } },
    { why: 'OnFailure: one failed', rows: { web: done, log: failed }, policy: 'OnFailure', expected: { start: 'log' } },
  ])('$why', ({ rows, policy, expected }) => {
    expect(decide(facts(rows, policy === undefined ? {} : { restartPolicy: policy }))).toEqual(expected)
  })

  test('is looked at again at its deadline', () => {
    expect(decide(facts({ web: running }, { activeDeadlineSeconds: 90 }))).toEqual({ wakeAtMs: NOW + 30_000 })
  })
})

describe('a pod with init containers', () => {
  const init = (row: Row): Row => ({ ...row, role: 'init' })
  const sidecar = (row: Row): Row => ({ ...row, role: 'sidecar' })

  test.each<{ why: string; rows: Record<string, Row>; policy?: string; expected: Record<string, unknown> }>([
    { why: 'the first goes first', rows: { a: init(absent), b: init(absent), web: absent }, expected: { start: 'a' } },
    { why: 'the next waits', rows: { a: init(running), b: init(absent), web: absent }, expected: {} },
    { why: 'until it is done', rows: { a: init(done), b: init(absent), web: absent }, expected: { start: 'b' } },
    { why: 'then the main containers', rows: { a: init(done), web: absent }, expected: { start: 'web' } },
    { why: 'one that failed is tried again', rows: { a: init(failed), web: absent }, expected: { start: 'a' } },
    {
      why: 'unless the pod never restarts',
      rows: { a: init(failed), web: absent },
      policy: 'Never',
      expected: { isComplete: true },
    },
    {
      why: 'a sidecar must have started before the next',
      rows: { p: sidecar({ ...running, isStarted: false }), b: init(absent), web: absent },
      expected: {},
    },
    {
      why: 'a started sidecar does not hold up',
      rows: { p: sidecar(running), b: init(absent), web: absent },
      expected: { start: 'b' },
    },
    {
      why: 'a sidecar that ends during initialization comes back',
      rows: { p: sidecar(failed), b: init(running), web: absent },
      expected: { start: 'p' },
    },
    {
      why: 'once a main container has run, init containers are over for good',
      rows: { a: init(failed), p: sidecar(failed), web: failed },
      expected: { start: 'p' },
    },
    {
      why: 'sidecars do not keep a finished pod alive',
      rows: { p: sidecar(running), web: done },
      policy: 'Never',
      expected: { isComplete: true },
    },
  ])('$why', ({ rows, policy, expected }) => {
    expect(decide(facts(rows, policy === undefined ? {} : { restartPolicy: policy }))).toEqual(expected)
  })
})

test('an ephemeral container runs once, even during initialization', () => {
  const rows = { a: { ...running, role: 'init' as const }, web: absent }
  expect(decide(facts({ ...rows, debug: { stage: 'absent', role: 'ephemeral' } }))).toEqual({ start: 'debug' })
  expect(decide(facts({ ...rows, debug: { ...failed, role: 'ephemeral' } }))).toEqual({})
})

describe('a pod at its end', () => {
  const end = { why: 'deleted', graceMs: 30_000 } as const
  const sidecar = (row: Row): Row => ({ ...row, role: 'sidecar' })

  test.each<{ why: string; rows: Record<string, Row>; expected: Record<string, unknown> }>([
    { why: 'everything is told', rows: { p: sidecar(running), web: running }, expected: { stop: 'p web' } },
    { why: 'what is being started, too', rows: { web: { stage: 'starting' } }, expected: { stop: 'web' } },
    {
      why: 'sidecars wait for the others',
      rows: { p: sidecar({ stage: 'stopping', isHeld: true }), web: { stage: 'stopping' } },
      expected: {},
    },
    {
      why: 'then go from the last to the first',
      rows: {
        p: sidecar({ stage: 'stopping', isHeld: true }),
        q: sidecar({ stage: 'stopping', isHeld: true }),
        web: done,
      },
      expected: { release: 'q' },
    },
    {
      why: 'one by one',
      rows: { p: sidecar({ stage: 'stopping', isHeld: true }), q: sidecar({ stage: 'stopping' }), web: done },
      expected: {},
    },
    { why: 'nothing runs', rows: { p: sidecar(done), web: done }, expected: { isOver: true } },
    { why: 'nothing ever ran', rows: { web: absent }, expected: { isOver: true } },
  ])('$why', ({ rows, expected }) => {
    expect(decide(facts(rows, {}, { end }))).toEqual(expected)
  })
})
