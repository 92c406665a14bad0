import type { CustomResourceDefinition } from '../types.generated.ts'

/**
 * CustomResourceDefinitions as `scripts/generate-crds.ts` packs them. `{ "$shared": NAME }` stands for a schema of `shared`:
 *
 *     { "shared": { "labels": { "type": "object", … } },
 *       "crds": [ { "metadata": …, "spec": { … { "properties": { "labels": { "$shared": "labels" } } } … } } ] }
 */
export interface CrdBundle {
  readonly shared: Readonly<Record<string, unknown>>
  readonly crds: readonly { readonly metadata: { readonly name: string }; readonly spec: unknown }[]
}

/** A schema that is referred to twice is one object in memory too: half a megabyte of schemas becomes a tenth of that. */
export function unpackCrds(bundle: CrdBundle): CustomResourceDefinition[] {
  const unpacked = new Map<string, unknown>()
  const unpack = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(unpack)
    if (node === null || typeof node !== 'object') return node
    if ('$shared' in node) return unpackShared(String(node.$shared))
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, unpack(value)]))
  }
  const unpackShared = (name: string): unknown => {
    let schema = unpacked.get(name)
    if (schema === undefined) {
      schema = unpack(bundle.shared[name])
      unpacked.set(name, schema)
    }
    return schema
  }
  return bundle.crds.map(({ metadata, spec }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata,
    // The file is generated from published definitions; a test checks each against the rules for definitions.
    spec: unpack(spec) as CustomResourceDefinition['spec'],
  }))
}
