import { invalid } from '../../errors.ts'
import type { ApiObject } from '../../object.ts'
import { pruneUnknown } from '../../schema/prune.ts'
import { kindsOf } from '../apiextensions/custom-kind.ts'
import { unpackCrds } from '../crd-bundle.ts'
import { istioCrds } from './crds.ts'
import { asRead } from './validation/read-spec.ts'
import { validateIstioObject } from './validation/validate-object.ts'

/** What a cluster would say of an object. */
export interface Judgement {
  /** Why it would be refused; empty: it would not. */
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

/**
 * Judges objects in files as a cluster with Istio would: first by the schema of the kind's definition, then by Istio's own
 * validation. Undefined for objects of other kinds. Nothing of an object that the schema refuses can be relied on.
 */
export function istioJudge(): (object: ApiObject) => Judgement | undefined {
  const kinds = new Map(
    unpackCrds(istioCrds)
      .flatMap(kindsOf)
      .map((kind) => [`${kind.group}/${kind.version} ${kind.kind}`, kind]),
  )
  return (object) => {
    const kind = kinds.get(`${object.apiVersion} ${object.kind}`)
    if (kind === undefined) return undefined
    const { value, unknownFields } = pruneUnknown(object, kind.schema(), { isRoot: true })
    const warnings = unknownFields.map((field) => `unknown field ${JSON.stringify(field)}`)
    const known = value as ApiObject
    const submitted = { ...known, metadata: { namespace: 'default', ...known.metadata } }
    const complete = kind.default?.(submitted) ?? submitted
    const causes = [...(kind.validate?.(complete) ?? [])]
    if (causes.length > 0) {
      return { errors: [invalid(kind.group, kind.kind, object.metadata.name, causes).message], warnings }
    }
    const verdict = validateIstioObject(asRead(complete))
    const errors = verdict?.error === undefined ? [] : [`configuration is invalid: ${verdict.error}`]
    return { errors, warnings: [...warnings, ...(verdict?.warnings ?? [])] }
  }
}
