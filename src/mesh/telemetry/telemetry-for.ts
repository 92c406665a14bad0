import { compareObjects } from '../config/ordered.ts'
import type { Telemetry, TelemetrySpec } from '../config/types/telemetry.ts'
import type { PolicySubject } from '../authorize/policy-index.ts'

/**
 * What of Telemetry holds for a workload, from the widest to the narrowest: the root namespace's, the workload's own
 * namespace's, the workload's. Of each the oldest counts. Rules: istio/istio pilot/pkg/model/telemetry.go.
 */
export function telemetryFor(
  telemetries: Iterable<Telemetry>,
  subject: PolicySubject,
  rootNamespace: string,
): readonly TelemetrySpec[] {
  const all = [...telemetries].toSorted(compareObjects)
  const { namespace, labels } = subject
  const at = (home: string) => all.filter(({ metadata }) => (metadata.namespace ?? 'default') === home)
  const forAll = (home: string) => at(home).find((telemetry) => !isNarrow(telemetry))
  const own = at(namespace).find((telemetry) => isNarrow(telemetry) && isSelected(telemetry, labels))
  const levels = [forAll(rootNamespace), namespace === rootNamespace ? undefined : forAll(namespace), own]
  return levels.flatMap((telemetry) => telemetry?.spec ?? [])
}

/** Those that name a target are for gateways and waypoints of the Gateway API. */
function isNarrow({ spec }: Telemetry): boolean {
  const hasTarget = spec?.targetRef !== undefined || (spec?.targetRefs?.length ?? 0) > 0
  return hasTarget || Object.keys(spec?.selector?.matchLabels ?? {}).length > 0
}

function isSelected({ spec }: Telemetry, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(spec?.selector?.matchLabels ?? {})
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}
