import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { collectionOf, storedKinds, verbsOf } from './kinds.ts'
import { eventually, ServedApi, type Wire } from './served-api.ts'

const api = await ServedApi.start()
const NAMESPACE = await api.namespace('life-cycle')
afterAll(async () => {
  expect(api.errors).toEqual([])
  await api[Symbol.asyncDispose]()
})

describe.each(
  storedKinds(NAMESPACE).map((fixture) => ({
    ...fixture,
    title: `${fixture.object.apiVersion} ${fixture.object.kind}`,
  })),
)('$title', ({ kind, object, change, status, isHeld }) => {
  const collection = collectionOf(kind, NAMESPACE)
  const { name } = object.metadata
  const path = `${collection}/${name}`
  const selector = `life-cycle=${kind.kind.toLowerCase()}-${kind.version}`
  const [key = '', value] = selector.split('=')
  const labelled = { ...object, metadata: { ...object.metadata, labels: { [key]: value } } }

  afterEach(() => remove(path, isHeld))

  test('is discovered with its verbs', async () => {
    const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`
    const { json } = await api.get(root)
    const entry = json.resources.find((one: Wire) => one.name === kind.plural)
    expect(entry).toMatchObject({ kind: kind.kind, namespaced: kind.namespaced, singularName: kind.singular })
    expect(entry.verbs.toSorted()).toEqual(verbsOf(kind).toSorted())
  })

  test('lives from creation to deletion, and a watch tells it', async () => {
    const before = (await api.get(collection)).json.metadata.resourceVersion
    await using watch = await api.watch(`${collection}?labelSelector=${selector}&resourceVersion=${before}`)

    expect((await api.expect(201, api.post(`${collection}?dryRun=All`, labelled))).metadata.uid).toBeDefined()
    await api.expect(404, api.get(path))
    const created = await api.expect(201, api.post(collection, labelled))
    expect(created).toMatchObject({ apiVersion: object.apiVersion, kind: object.kind, metadata: { name } })
    expect(created.metadata.namespace).toBe(kind.namespaced ? NAMESPACE : undefined)
    expect(created.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(created.metadata.managedFields[0]).toMatchObject({ operation: 'Update', apiVersion: object.apiVersion })
    expect((await api.expect(409, api.post(collection, labelled))).reason).toBe('AlreadyExists')

    expect((await api.expect(200, api.get(path))).metadata.uid).toBe(created.metadata.uid)
    for (const all of [collection, kind.namespaced ? collection.replace(`namespaces/${NAMESPACE}/`, '') : collection]) {
      const list = await api.expect(200, api.get(`${all}?labelSelector=${selector}`))
      expect(list.kind).toBe(kind.listKind ?? `${kind.kind}List`)
      expect(list.items.map((item: Wire) => item.metadata.name)).toEqual([name])
    }

    const replaced = await replace(path, (current) => annotated(current, 'replaced'))
    expect(replaced.metadata.annotations).toMatchObject({ by: 'replaced' })
    // A Deployment's annotations are its template's, as far as kubectl rollout is concerned.
    if (kind.kind !== 'Deployment') expect(replaced.metadata.generation).toBe(created.metadata.generation)
    const stale = await api.put(path, {
      ...annotated(replaced, 'stale'),
      metadata: { ...replaced.metadata, resourceVersion: '1' },
    })
    expect([stale.status, stale.json.reason]).toEqual([409, 'Conflict'])

    const patches = {
      merge: { metadata: { annotations: { by: 'merge' } } },
      strategic: { metadata: { annotations: { by: 'strategic' } } },
      json: [{ op: 'replace', path: '/metadata/annotations/by', value: 'json' }],
    } as const
    for (const [type, body] of Object.entries(patches)) {
      const patched = await api.expect(200, api.patch(path, type as keyof typeof patches, body))
      expect(patched.metadata.annotations.by).toBe(type)
    }
    const { apiVersion } = object
    const applied = { apiVersion, kind: object.kind, metadata: { name, annotations: { by: 'apply' } } }
    const conflict = await api.expect(409, api.patch(`${path}?fieldManager=another`, 'apply', applied))
    expect(conflict.details.causes).toContainEqual(expect.objectContaining({ field: '.metadata.annotations.by' }))
    const forced = await api.expect(200, api.patch(`${path}?fieldManager=another&force=true`, 'apply', applied))
    expect(forced.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: 'another', operation: 'Apply', apiVersion }),
    )

    await api.expect(200, api.delete(path))
    await untilGone(path, isHeld)
    const seen = [await watch.next()]
    while (seen.at(-1)?.type !== 'DELETED') seen.push(await watch.next())
    expect(seen[0]?.type).toBe('ADDED')
    expect(new Set(seen.slice(1, -1).map(({ type }) => type))).toEqual(new Set(['MODIFIED']))
    const versions = seen.map((event) => Number(event.object.metadata.resourceVersion))
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
    expect(seen.some((event) => event.object.metadata.annotations?.by === 'strategic')).toBe(true)
  })

  test('is shown as a table', async () => {
    await api.expect(201, api.post(collection, labelled))
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const table = await api.expect(200, api.get(`${collection}?labelSelector=${selector}`, { accept }))
    expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
    expect(table.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name } })
    expect(table.rows[0].cells).toHaveLength(table.columnDefinitions.length)
    const nameColumn = table.columnDefinitions.findIndex((one: Wire) => one.format === 'name')
    expect(table.rows[0].cells[nameColumn] ?? name).toBe(name)
  })

  if (change !== undefined)
    test('changes, and its generation tells', async () => {
      const created = await api.expect(201, api.post(collection, labelled))
      const changed = await api.expect(200, api.patch(path, 'merge', change))
      expect(changed).toMatchObject(change as object)
      const { generation } = created.metadata
      expect(changed.metadata.generation).toBe(generation === undefined ? undefined : generation + 1)
    })

  if (status !== undefined)
    test('has a status of its own', async () => {
      await api.expect(201, api.post(collection, { ...labelled, status }))
      expect(await api.expect(200, api.get(`${path}/status`))).toMatchObject({ kind: kind.kind, metadata: { name } })
      expect((await api.expect(200, api.patch(`${path}/status`, 'merge', { status }))).status).toMatchObject(
        status as object,
      )
      const replaced = await replace(`${path}/status`, (current) => ({
        ...current,
        status: { ...current.status, ...status },
      }))
      expect(replaced.status).toMatchObject(status as object)
      if (change !== undefined) {
        const patched = await api.expect(200, api.patch(`${path}/status`, 'merge', change))
        expect(patched).not.toMatchObject(change)
      }
    })

  if (verbsOf(kind).includes('deletecollection'))
    test('is deleted with others of its labels', async () => {
      await api.expect(201, api.post(collection, labelled))
      const spared = `${collection}?labelSelector=${key}=none`
      expect((await api.expect(200, api.delete(spared))).items ?? []).toEqual([])
      await api.expect(200, api.get(path))
      await api.expect(200, api.delete(`${collection}?labelSelector=${selector}`))
      await untilGone(path, isHeld)
    })
})

/** Reads, changes and writes back, again when a controller was faster. */
async function replace(path: string, change: (current: Wire) => Wire): Promise<Wire> {
  for (;;) {
    const reply = await api.put(path, change((await api.get(path)).json))
    if (reply.status === 200) return reply.json
    if (reply.status !== 409) throw new Error(reply.text)
  }
}

function annotated(object: Wire, by: string): Wire {
  const { annotations } = object.metadata
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, by } } }
}

async function remove(path: string, isHeld?: boolean): Promise<void> {
  const { status, text } = await api.delete(path)
  if (status !== 200 && status !== 404) throw new Error(text)
  await untilGone(path, isHeld)
}

/** What has finalizers goes when its controllers let it. */
async function untilGone(path: string, isHeld?: boolean): Promise<void> {
  if (isHeld === true) await api.patch(path, 'merge', { metadata: { finalizers: null } })
  await eventually(async () => (await api.get(path)).status === 404)
}
