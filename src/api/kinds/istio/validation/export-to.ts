import { isDnsLabel } from './labels.ts'
import { error, type Maybe, type Problem } from './problem.ts'

const HERE = '.'
const EVERYWHERE = '*'
const NOWHERE = '~'

interface ExportedFrom {
  readonly namespace: string
  /** Services may be seen by nobody. */
  readonly isServiceEntry?: boolean
  /** A DestinationRule for some workloads may be seen where it is, and nowhere else. */
  readonly isForWorkloads?: boolean
}

/** Where an object is seen: namespaces, `.` for its own, `*` for all, `~` for none. */
export function* validateExportTo(exportTo: Maybe<readonly string[]>, from: ExportedFrom): Generator<Problem> {
  const { namespace, isServiceEntry = false, isForWorkloads = false } = from
  const entries = exportTo ?? []
  const seen = new Set<string>()
  for (const entry of entries) {
    const place = entry === HERE ? namespace : entry
    if (seen.has(place)) {
      yield error(
        place === entry
          ? `duplicate entries in exportTo for entry ${entry}`
          : `duplicate entries in exportTo: . and current namespace ${namespace}`,
      )
      continue
    }
    const problem = isServiceEntry && place === NOWHERE ? undefined : placeProblem(place)
    if (problem === undefined) seen.add(place)
    else yield error(problem)
  }
  if (isForWorkloads && seen.size > 0) {
    if (!seen.has(namespace)) {
      yield error('destination rule with workload selector cannot have exportTo beyond current namespace')
    } else if (seen.size > 1) {
      yield error('destination rule with workload selector cannot have multiple entries in exportTo')
    }
  }
  if (entries.length < 2) return
  if (seen.has(EVERYWHERE)) yield error('cannot have both public (*) and non-public exportTo values for a resource')
  if (seen.has(NOWHERE)) yield error('cannot export service entry to no one (~) and someone')
}

function placeProblem(place: string): string | undefined {
  if (place === NOWHERE) return 'exportTo ~ (none) is not allowed for Istio configuration objects'
  const isPlace = place === HERE || place === EVERYWHERE || isDnsLabel(place)
  return isPlace ? undefined : 'only .,*, or a valid DNS 1123 label is allowed as exportTo entry'
}
