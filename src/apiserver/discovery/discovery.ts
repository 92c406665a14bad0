import { createHash } from 'node:crypto'
import { type Kind, VERBS } from '../../api/kind.ts'
import type { Scheme } from '../../api/scheme.ts'
import { type FurtherGroup, nested } from './further-groups.ts'
import { groupPriority } from './group-priorities.ts'
import { preferredFirst } from './version-order.ts'

/** `/api`: the versions of the core group. */
export function coreVersions(): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
  }
}

/** `/apis`: all named groups. */
export function groupList(scheme: Scheme, further: readonly FurtherGroup[]): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...groupsOf(scheme).filter(({ name }) => name !== ''), ...further].map(groupEntry),
  }
}

/** `/apis/{group}`; `undefined` when there is no such group. */
export function groupDocument(scheme: Scheme, name: string, further: readonly FurtherGroup[]): object | undefined {
  const group = [...groupsOf(scheme), ...further].find((one) => one.name === name)
  return group === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) }
}

/** `/api/v1` and `/apis/{group}/{version}`; `undefined` when nothing is served there. */
export function resourceList(scheme: Scheme, group: string, version: string): object | undefined {
  const kinds = scheme.kinds().filter((kind) => kind.group === group && kind.version === version)
  if (kinds.length === 0) return undefined
  const resources = kinds.toSorted((a, b) => (a.plural < b.plural ? -1 : 1)).flatMap(resourceEntries)
  const groupVersion = group === '' ? version : `${group}/${version}`
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
}

/** The same for a group that no kind belongs to. */
export function furtherResourceList(
  further: readonly FurtherGroup[],
  group: string,
  version: string,
): object | undefined {
  const found = further.find(({ name, versions }) => name === group && versions.includes(version))
  if (found === undefined) return undefined
  const { resources } = found
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${group}/${version}`, resources }
}

/** `/api` or `/apis` in the aggregated form: everything in one document (apidiscovery.k8s.io v2). */
export function aggregated(
  scheme: Scheme,
  about: {
    readonly root: '/api' | '/apis'
    readonly version: 'v2' | 'v2beta1'
    readonly further: readonly FurtherGroup[]
  },
): object {
  const { root, version, further } = about
  const groups = groupsOf(scheme).filter(({ name }) => (name === '') === (root === '/api'))
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: [
      ...groups.map(({ name, versions }) => ({
        metadata: name === '' ? { creationTimestamp: null } : { name, creationTimestamp: null },
        versions: versions.map((one) => ({
          version: one,
          resources: scheme
            .kinds()
            .filter((kind) => kind.group === name && kind.version === one)
            .toSorted((a, b) => (a.plural < b.plural ? -1 : 1))
            .map(aggregatedEntry),
          freshness: 'Current',
        })),
      })),
      ...(root === '/api' ? [] : further.map(aggregatedFurther)),
    ],
  }
}

function aggregatedFurther({ name, versions, resources }: FurtherGroup): object {
  const all = nested(resources)
  return {
    metadata: { name, creationTimestamp: null },
    versions: versions.map((version) => ({ version, resources: all, freshness: 'Current' })),
  }
}

interface Group {
  readonly name: string
  readonly versions: readonly string[]
}

function groupsOf(scheme: Scheme): readonly Group[] {
  const versions = new Map<string, Set<string>>()
  for (const { group, version } of scheme.kinds()) {
    let known = versions.get(group)
    if (known === undefined) versions.set(group, (known = new Set()))
    known.add(version)
  }
  return [...versions]
    .map(([name, known]) => ({ name, versions: preferredFirst([...known]) }))
    .toSorted((a, b) => groupPriority(b.name) - groupPriority(a.name) || (a.name < b.name ? -1 : 1))
}

function groupEntry({ name, versions }: Group): object {
  const entries = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions: entries, preferredVersion: entries[0] }
}

function resourceEntries(kind: Kind): object[] {
  const main = {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs ?? VERBS,
    ...(kind.shortNames === undefined ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories === undefined ? {} : { categories: kind.categories }),
    ...((kind.verbs ?? VERBS).includes('list') ? { storageVersionHash: storageVersionHash(kind) } : {}),
  }
  const subresources = (kind.subresources ?? []).map((sub) => ({
    name: `${kind.plural}/${sub.name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(sub.version === undefined ? {} : { group: sub.group, version: sub.version }),
    kind: sub.kind ?? kind.kind,
    verbs: sub.verbs,
  }))
  return [main, ...subresources]
}

function aggregatedEntry(kind: Kind): object {
  const scope = kind.namespaced ? 'Namespaced' : 'Cluster'
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope,
    singularResource: kind.singular,
    verbs: kind.verbs ?? VERBS,
    ...(kind.shortNames === undefined ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories === undefined ? {} : { categories: kind.categories }),
    ...(kind.subresources === undefined
      ? {}
      : {
          subresources: kind.subresources.map((sub) => ({
            subresource: sub.name,
            responseKind: {
              group: sub.group ?? kind.group,
              version: sub.version ?? kind.version,
              kind: sub.kind ?? kind.kind,
            },
            verbs: sub.verbs,
          })),
        }),
  }
}

/** Changes when the stored version does (k8s.io/apiserver pkg/endpoints/discovery/storageversionhash.go). */
function storageVersionHash(kind: Kind): string {
  const stored = kind.storedAs?.kind ?? kind
  const text = `${stored.group}/${stored.version}/${stored.kind}`
  return createHash('sha256').update(text).digest().subarray(0, 8).toString('base64')
}
