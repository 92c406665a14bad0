import { afterAll, describe, expect, test } from 'vitest'
import { ServedApi, type Wire } from './served-api.ts'

const api = await ServedApi.start()
const NAMESPACE = await api.namespace('told')
afterAll(() => api[Symbol.asyncDispose]())

const CORE = `/api/v1/namespaces/${NAMESPACE}/events`
const NEW = `/apis/events.k8s.io/v1/namespaces/${NAMESPACE}/events`
const ABOUT = { apiVersion: 'v1', kind: 'Pod', name: 'web', namespace: NAMESPACE, uid: '7' }

describe('one event, in both of its groups', () => {
  test('that was told in the core group', async () => {
    await using watch = await api.watch(NEW)
    const told = {
      metadata: { name: 'old-form' },
      involvedObject: ABOUT,
      reason: 'Started',
      message: 'it started',
      type: 'Normal',
      count: 2,
      source: { component: 'kubelet', host: 'n1' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:09Z',
    }
    expect((await api.post(CORE, told)).status).toBe(201)
    const seen = (await api.get(`${NEW}/old-form`)).json
    expect(seen).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      regarding: ABOUT,
      reason: 'Started',
      note: 'it started',
      type: 'Normal',
      deprecatedCount: 2,
      deprecatedSource: { component: 'kubelet', host: 'n1' },
      deprecatedFirstTimestamp: '2026-01-01T00:00:00Z',
      deprecatedLastTimestamp: '2026-01-01T00:00:09Z',
    })
    expect((await watch.next()).object).toEqual(seen)
  })

  test('that was told in its own group', async () => {
    const told = {
      metadata: { name: 'new-form' },
      regarding: ABOUT,
      reason: 'Bound',
      note: 'it was bound',
      type: 'Warning',
      action: 'Binding',
      eventTime: '2026-01-01T00:00:00.000001Z',
      reportingController: 'example.com/scheduler',
      reportingInstance: 'scheduler-1',
    }
    expect((await api.post(NEW, told)).status).toBe(201)
    const lastObservedTime = '2026-01-01T00:00:05.000002Z'
    const series = { series: { count: 3, lastObservedTime } }
    expect((await api.patch(`${NEW}/new-form`, 'strategic', series)).status).toBe(200)
    expect((await api.get(`${CORE}/new-form`)).json).toMatchObject({
      apiVersion: 'v1',
      involvedObject: ABOUT,
      message: 'it was bound',
      action: 'Binding',
      eventTime: '2026-01-01T00:00:00.000001Z',
      reportingComponent: 'example.com/scheduler',
      reportingInstance: 'scheduler-1',
      series: { count: 3, lastObservedTime },
    })
  })

  test.each([
    [{}, ['eventTime', 'type']],
    [
      { eventTime: '2026-01-01T00:00:00.000001Z', type: 'Normal' },
      ['reportingController', 'reportingInstance', 'action', 'reason'],
    ],
  ])('that tells no more than %o is refused in its own group', async (told, fields) => {
    const { status, json } = await api.post(NEW, { metadata: { name: 'poor' }, regarding: ABOUT, ...told })
    expect([status, json.reason]).toEqual([422, 'Invalid'])
    expect(new Set(json.details.causes.map(({ field }: Wire) => field))).toEqual(new Set(fields))
  })
})

describe('events are selected', () => {
  test.each([
    [CORE, 'involvedObject.name=web', ['new-form', 'old-form']],
    [CORE, 'involvedObject.name=web,involvedObject.namespace=told,involvedObject.uid=7', ['new-form', 'old-form']],
    [CORE, 'reason=Started', ['old-form']],
    [CORE, 'type!=Normal', ['new-form']],
    [CORE, 'source=kubelet', ['old-form']],
    [NEW, 'regarding.kind=Pod,type=Warning', ['new-form']],
    [NEW, 'regarding.name=other', []],
  ])('%s by %s', async (path, selector, names) => {
    const { json } = await api.get(`${path}?fieldSelector=${encodeURIComponent(selector)}`)
    expect(json.items.map(({ metadata }: Wire) => metadata.name)).toEqual(names)
  })

  test('and deleted together, from whichever group', async () => {
    await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        api.post(CORE, { metadata: { name, labels: { set: 'yes' } }, involvedObject: ABOUT, reason: name }),
      ),
    )
    expect((await api.get(`/api/v1/events?labelSelector=set%3Dyes`)).json.items).toHaveLength(3)
    expect((await api.delete(`${NEW}?labelSelector=set%3Dyes`)).status).toBe(200)
    expect((await api.get(`${CORE}?labelSelector=set%3Dyes`)).json.items).toEqual([])
    expect((await api.get(`${CORE}`)).json.items).toHaveLength(2)
  })
})
