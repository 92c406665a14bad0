import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments, parse } from 'yaml'
import type { ApiObject } from '../../src/api/object.ts'
import type { Container, PodSpec, PodTemplateSpec } from '../../src/api/types.generated.ts'

export const BAZAAR = fileURLToPath(new URL('../../examples/bazaar/', import.meta.url))

/** An object of the example: its `spec` and the like are read by the tests as they stand. */
export type Manifest = ApiObject & { readonly [field: string]: unknown }

/** The manifests, in the order in which they are numbered. */
export function bazaarFiles(): string[] {
  return readdirSync(BAZAAR)
    .filter((name) => /^\d.*\.yaml$/.test(name))
    .toSorted()
}

export function bazaar(): Manifest[] {
  return bazaarFiles().flatMap((file) => readManifests(`${BAZAAR}${file}`))
}

export function faults(): { file: string; objects: Manifest[] }[] {
  const files = readdirSync(`${BAZAAR}faults`).toSorted()
  return files.map((file) => ({ file, objects: readManifests(`${BAZAAR}faults/${file}`) }))
}

export function kustomizedFiles(): string[] {
  const { resources } = parse(readFileSync(`${BAZAAR}kustomization.yaml`, 'utf8')) as { resources: string[] }
  return resources
}

/** YAML 1.1, as Kubernetes reads it: `0400` is octal. */
function readManifests(path: string): Manifest[] {
  return parseAllDocuments(readFileSync(path, 'utf8'), { version: '1.1' }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors.join('; ')}`)
    return document.toJS() as Manifest
  })
}

/** A pod template, and the object that makes pods of it. */
export interface Workload {
  readonly owner: Manifest
  readonly namespace: string
  readonly template: PodTemplateSpec
  readonly spec: PodSpec
  readonly containers: readonly { readonly container: Container; readonly init: boolean }[]
  readonly replicas: number
}

const NODES = 3

export function workloads(objects: readonly Manifest[]): Workload[] {
  return objects.flatMap((owner) => {
    const spec = owner['spec'] as
      | { template?: PodTemplateSpec; replicas?: number; jobTemplate?: { spec: { template: PodTemplateSpec } } }
      | undefined
    const template = spec?.jobTemplate?.spec.template ?? spec?.template
    if (template?.spec === undefined) return []
    const containers = [
      ...(template.spec.initContainers ?? []).map((container) => ({ container, init: true })),
      ...template.spec.containers.map((container) => ({ container, init: false })),
    ]
    const namespace = owner.metadata.namespace ?? ''
    const replicas = owner.kind === 'DaemonSet' ? NODES : (spec?.replicas ?? 1)
    return [{ owner, namespace, template, spec: template.spec, containers, replicas }]
  })
}
