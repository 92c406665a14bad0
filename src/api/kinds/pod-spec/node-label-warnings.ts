import { validateLabelValue } from '../../names/labels.ts'
import type { NodeSelectorTerm } from '../../types.generated.ts'

/** Labels of nodes that have newer names: pkg/api/node/util.go. */
const DEPRECATED: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
])

export function deprecationOfNodeLabel(name: string): string | undefined {
  return DEPRECATED.get(name)
}

/** GetWarningsForNodeSelectorTerm. Values that no label can have are looked at where validation lets them pass. */
export function* nodeSelectorTermWarnings(
  { matchExpressions = [] }: NodeSelectorTerm,
  field: string,
  { checkValues }: { readonly checkValues: boolean },
): Generator<string> {
  for (const [index, { key, values = [] }] of matchExpressions.entries()) {
    const place = `${field}.matchExpressions[${index}]`
    const deprecation = DEPRECATED.get(key)
    if (deprecation !== undefined) yield `${place}.key: ${key} is ${deprecation}`
    if (!checkValues) continue
    for (const [at, value] of values.entries()) {
      for (const problem of validateLabelValue(value)) yield `${place}.values[${at}]: ${value} is invalid, ${problem}`
    }
  }
}
