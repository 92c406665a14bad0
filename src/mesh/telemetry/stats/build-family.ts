import { OWN_VERSION } from '../../../base/own-version.ts'
import type { MeshFamily } from '../exposed-family.ts'

/** Which version of which part it is, as Istio's dashboards list them. */
export function buildFamily(component: 'pilot' | 'proxy'): MeshFamily {
  const labels = [
    ['component', component],
    ['tag', OWN_VERSION],
  ] as const
  const metrics = [{ labels, value: { kind: 'number', value: 1 } }] as const
  return { name: 'istio_build', help: 'Which version of which component it is.', type: 'gauge', metrics }
}
