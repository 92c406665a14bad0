import type { ApiObject } from '../../api/object.ts'
import { controlPlaneObjects } from './control-plane-objects.ts'
import { gatewayObjects } from './gateway-objects.ts'
import type { Installation } from './installation.ts'

/** What an installation consists of, in the order in which it is applied. */
export function installedObjects(installation: Installation): readonly ApiObject[] {
  const { pilot, gateways } = installation
  const control = pilot === undefined ? [] : controlPlaneObjects(installation, pilot)
  return [...control, ...gateways.flatMap((gateway) => gatewayObjects(installation, gateway))]
}
