import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import type { ResourceClaimSpec } from '../../types.generated.ts'

const EXACT_COUNT = 'ExactCount'

interface Amount {
  readonly allocationMode?: string
  readonly count?: number
}

/** pkg/apis/resource/v1/defaults.go: one device, unless more or all are asked for. */
export function defaultClaimSpec(spec: ResourceClaimSpec): ResourceClaimSpec {
  const { devices } = spec
  if (devices?.requests === undefined) return spec
  const requests = mapChanged(devices.requests, (request) => {
    const { exactly, firstAvailable } = request
    return changed(request, {
      exactly: exactly === undefined ? undefined : withAmount(exactly),
      firstAvailable: firstAvailable === undefined ? undefined : mapChanged(firstAvailable, withAmount),
    })
  })
  return changed(spec, { devices: changed(devices, { requests }) })
}

/** Go sends an empty text and a zero for what was not set. */
function withAmount<T extends Amount>(request: T): T {
  const allocationMode = (request.allocationMode ?? '') === '' ? EXACT_COUNT : request.allocationMode
  const isOne = allocationMode === EXACT_COUNT && (request.count ?? 0) === 0
  return changed<Amount>(request, { allocationMode, count: isOne ? 1 : undefined }) as T
}
