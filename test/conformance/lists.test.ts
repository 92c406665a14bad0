import { afterAll, describe, expect, test } from 'vitest'
import { ServedApi } from './served-api.ts'

const api = await ServedApi.start({ nodes: 0 })
afterAll(() => api[Symbol.asyncDispose]())

const PATH = '/api/v1/namespaces/pages/configmaps'
const NAMES = Array.from({ length: 9 }, (_, index) => `item-${index}`)

interface Listed {
  readonly metadata: {
    readonly resourceVersion: string
    readonly continue?: string
    readonly remainingItemCount?: number
  }
  readonly items: readonly { readonly metadata: { readonly name: string } }[]
}

async function page(query: string): Promise<Listed> {
  const { status, json, text } = await api.get(`${PATH}?${query}`)
  expect(status, text).toBe(200)
  return json as Listed
}

function names({ items }: Listed): readonly string[] {
  return items.map(({ metadata }) => metadata.name)
}

await api.namespace('pages')
for (const name of NAMES) await api.post(PATH, { metadata: { name, labels: { page: 'yes' } } })

describe('a list in pages', () => {
  test('gives everything once, all as of the first page', async () => {
    const seen: string[] = []
    let token = ''
    let version: string | undefined
    do {
      const one = await page(`limit=4${token === '' ? '' : `&continue=${token}`}`)
      version ??= one.metadata.resourceVersion
      expect(one.metadata.resourceVersion).toBe(version)
      expect(one.items.length).toBeLessThanOrEqual(4)
      seen.push(...names(one))
      expect(one.metadata.remainingItemCount ?? 0).toBe(10 - seen.length)
      token = one.metadata.continue ?? ''
      // What is created meanwhile is not seen.
      if (token !== '') await api.post(PATH, { metadata: { name: `late-${seen.length}` } })
    } while (token !== '')
    expect(seen).toEqual([...NAMES, 'kube-root-ca.crt'])
    expect((await page('')).items).toHaveLength(12)
  })

  test('by labels does not count what remains', async () => {
    const { metadata, items } = await page('limit=2&labelSelector=page')
    expect([items.length, metadata.remainingItemCount, typeof metadata.continue]).toEqual([2, undefined, 'string'])
  })

  test('once its version is forgotten, is told to go on without it, and can', async () => {
    const { metadata } = await page('limit=3&labelSelector=page')
    await api.post(PATH, { metadata: { name: 'item-x', labels: { page: 'yes' } } })
    api.platform.store.compact(api.platform.store.revision)
    const { status, json } = await api.get(`${PATH}?limit=3&labelSelector=page&continue=${metadata.continue}`)
    expect([status, json.reason]).toEqual([410, 'Expired'])
    expect(json.message).toMatch(/^The provided continue parameter is too old to display a consistent list result\./)
    const rest = await page(`labelSelector=page&continue=${json.metadata.continue}`)
    expect(names(rest)).toEqual([...NAMES.slice(3), 'item-x'])
    expect(Number(rest.metadata.resourceVersion)).toBeGreaterThan(Number(metadata.resourceVersion))
  })

  test.each([
    ['rubbish!', 'illegal base64 data at input byte 7'],
    [
      token({ v: 'meta.k8s.io/v2', rv: 1, start: 'a/b\0' }),
      'server does not recognize this encoded version meta.k8s.io/v2',
    ],
    [
      token({ v: 'meta.k8s.io/v1', rv: 0, start: 'a/b\0' }),
      'incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    ],
    [token({ v: 'meta.k8s.io/v1', rv: 1, start: '' }), 'encoded start key empty (version meta.k8s.io/v1)'],
  ])('cannot go on from what is no token: %s', async (text, why) => {
    const { status, json } = await api.get(`${PATH}?continue=${encodeURIComponent(text)}`)
    expect([status, json.reason, json.message]).toEqual([
      400,
      'BadRequest',
      `invalid continue token: continue key is not valid: ${why}`,
    ])
  })

  function token(value: object): string {
    return Buffer.from(JSON.stringify(value)).toString('base64url')
  }
})

describe('a list at a version', () => {
  test('exactly that one, or one that is not older', async () => {
    const { metadata } = await page('limit=1')
    await api.post(PATH, { metadata: { name: 'newer' } })
    const exact = await page(`resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`)
    expect(names(exact)).not.toContain('newer')
    expect(exact.metadata.resourceVersion).toBe(metadata.resourceVersion)
    for (const query of [
      '',
      'resourceVersion=0',
      `resourceVersion=${metadata.resourceVersion}`,
      'resourceVersion=0&resourceVersionMatch=NotOlderThan',
    ]) {
      expect(names(await page(query))).toContain('newer')
    }
  })

  test('that is still to come is waited for, three seconds at most', async () => {
    const started = Date.now()
    const { status, json, headers } = await api.get(`${PATH}?resourceVersion=999999999`)
    expect([status, headers['retry-after']]).toEqual([504, '1'])
    expect(json).toMatchObject({
      reason: 'Timeout',
      message: expect.stringMatching(/^Timeout: Too large resource version: 999999999, current: \d+$/),
      details: {
        retryAfterSeconds: 1,
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      },
    })
    expect(Date.now() - started).toBeGreaterThan(2_900)
    const soon = Number((await page('limit=1')).metadata.resourceVersion) + 1
    const [waiting] = await Promise.all([
      page(`resourceVersion=${soon}`),
      api.post(PATH, { metadata: { name: 'awaited' } }),
    ])
    expect(names(waiting)).toContain('awaited')
  })

  const FORBIDDEN = 'Forbidden: resourceVersionMatch'
  test.each([
    ['resourceVersionMatch=Exact', `${FORBIDDEN} is forbidden unless resourceVersion is provided`],
    ['resourceVersionMatch=Exact&resourceVersion=0', `${FORBIDDEN} "exact" is forbidden for resourceVersion "0"`],
    [
      'resourceVersionMatch=NotOlderThan&resourceVersion=1&continue=x',
      `${FORBIDDEN} is forbidden when continue is provided`,
    ],
    [
      'resourceVersionMatch=Newest&resourceVersion=1',
      'Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""',
    ],
  ])('that contradicts itself is refused: %s', async (query, cause) => {
    const { status, json } = await api.get(`${PATH}?${query}`)
    expect([status, json.reason, json.message]).toEqual([
      422,
      'Invalid',
      `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: ${cause}`,
    ])
  })

  test.each([
    ['continue=x&resourceVersion=5', 'continue key is not valid'],
    ['limit=many', 'strconv.ParseInt: parsing "many": invalid syntax'],
    [
      'resourceVersion=soon',
      'invalid resource version: resourceVersion: Invalid value: "soon": strconv.ParseUint: parsing "soon": invalid syntax',
    ],
  ])('that means nothing: %s', async (query, words) => {
    const { status, json } = await api.get(`${PATH}?${query}`)
    expect([status, json.reason]).toEqual([400, 'BadRequest'])
    if (!query.startsWith('continue')) expect(json.message).toBe(words)
  })

  test('is no watch-list', async () => {
    const { status, json } = await api.get(`${PATH}?sendInitialEvents=true`)
    expect([status, json.details.causes[0].message]).toEqual([
      422,
      'Forbidden: sendInitialEvents is forbidden for list',
    ])
  })
})

describe('a list by', () => {
  test.each([
    ['labelSelector=page', 10],
    ['labelSelector=page%3Dyes,page!%3Dno', 10],
    ['labelSelector=!page,!late', 5],
    ['labelSelector=page%20in%20(yes,no)', 10],
    ['labelSelector=page%20notin%20(yes)', 5],
    ['fieldSelector=metadata.name%3Ditem-1', 1],
    ['fieldSelector=metadata.namespace%3Dpages', 15],
    ['fieldSelector=metadata.name!%3Ditem-1,metadata.namespace%3Dpages', 14],
  ])('%s', async (query, count) => {
    expect((await page(query)).items).toHaveLength(count)
  })

  test.each([
    ['labelSelector=a%20in', "unable to parse requirement: found '' expected: '('"],
    ['labelSelector=-a', 'unable to parse requirement: <nil>: Invalid value: "-a": '],
    ['fieldSelector=size', "invalid selector: 'size'; can't understand 'size'"],
    ['fieldSelector=spec.size%3D1', 'field label not supported: spec.size'],
  ])('nothing that cannot be read: %s', async (query, words) => {
    const { status, json } = await api.get(`${PATH}?${query}`)
    expect([status, json.reason]).toEqual([400, 'BadRequest'])
    expect(json.message).toContain(words)
  })

  test.each([
    ['/api/v1/events', 'involvedObject.name%3Dnobody,involvedObject.namespace%3Dpages,involvedObject.uid%3Dx'],
    ['/api/v1/pods', 'spec.nodeName%3Dnode-9,status.phase%3DRunning,status.podIP%3D10.0.0.1'],
    ['/api/v1/secrets', 'type%3Dbazaar.in/none'],
    ['/api/v1/nodes', 'spec.unschedulable%3Dtrue'],
    ['/apis/batch/v1/jobs', 'status.successful%3D9'],
    ['/apis/apps/v1/replicasets', 'status.replicas%3D9'],
    ['/api/v1/namespaces', 'status.phase%3DTerminating'],
  ])('fields that %s has', async (path, selector) => {
    const { status, json, text } = await api.get(`${path}?fieldSelector=${selector}`)
    expect([status, json.items], text).toEqual([200, []])
  })
})
