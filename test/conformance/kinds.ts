import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { type Kind, parseApiVersion, VERBS } from '../../src/api/kind.ts'
import { builtinKinds } from '../../src/api/kinds/builtin-kinds.ts'
import type { ApiObject } from '../../src/api/object.ts'
import { NODE_REQUEST } from '../support/certificate-requests.ts'

/** A kind, a valid object of it, and what may change of that. */
export interface KindFixture {
  readonly kind: Kind
  readonly object: ApiObject
  readonly change?: object
  readonly status?: object
  /** Its controller holds it for a while after its deletion. */
  readonly isHeld?: boolean
}

/** The kinds whose objects are stored, each with its fixture. Throws where one has none. */
export function storedKinds(namespace: string): readonly KindFixture[] {
  const text = readFileSync(new URL('fixtures/kinds.yaml', import.meta.url), 'utf8')
    .replaceAll('$namespace', namespace)
    .replaceAll('$request', Buffer.from(NODE_REQUEST).toString('base64'))
  const fixtures = parse(text) as readonly Omit<KindFixture, 'kind'>[]
  return builtinKinds()
    .filter((kind) => verbsOf(kind).includes('create') && verbsOf(kind).includes('get'))
    .map((kind) => {
      const fixture = fixtures.find(({ object }) => isOf(kind, object))
      if (fixture === undefined) throw new Error(`no fixture for ${kind.group}/${kind.version} ${kind.kind}`)
      return { ...fixture, kind }
    })
}

/** The path of a kind's collection. */
export function collectionOf({ group, version, plural, namespaced }: Kind, namespace: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  return namespaced ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`
}

export function verbsOf(kind: Kind): readonly string[] {
  return kind.verbs ?? VERBS
}

function isOf(kind: Kind, object: ApiObject): boolean {
  const { group, version } = parseApiVersion(object.apiVersion)
  return group === kind.group && version === kind.version && object.kind === kind.kind
}
