import type {
  Component,
  GatewayComponent,
  IstioOperator,
  IstioOperatorSpec,
} from '../../api/kinds/istio/istio-operator.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'

/** What an IstioOperator asks for, with all that its profile and the charts' defaults add. */
export interface Installation {
  readonly owner: string
  readonly namespace: string
  /** Empty for the default revision. */
  readonly revision: string
  readonly hub: string
  readonly tag: string
  readonly hasBase: boolean
  readonly pilot: Component | undefined
  readonly gateways: readonly InstalledGateway[]
  readonly values: JsonObject
  readonly meshConfig: JsonObject
}

export interface InstalledGateway extends GatewayComponent {
  readonly name: string
  readonly namespace: string
  readonly direction: 'ingress' | 'egress'
}

export class UnknownProfile extends Error {}

interface Profile {
  readonly control: boolean
  readonly ingress: boolean
  readonly egress: boolean
}

/** istio/istio manifests/profiles; those for the ambient mode install what the sidecars' need too. */
const PROFILES: Readonly<Record<string, Profile>> = {
  default: { control: true, ingress: true, egress: false },
  demo: { control: true, ingress: true, egress: true },
  minimal: { control: true, ingress: false, egress: false },
  remote: { control: true, ingress: false, egress: false },
  stable: { control: true, ingress: true, egress: false },
  preview: { control: true, ingress: true, egress: false },
  openshift: { control: true, ingress: true, egress: false },
  empty: { control: false, ingress: false, egress: false },
}

const HUB = 'docker.io/istio'
/** What is installed where nobody says which version: the one whose rules the mesh follows. */
const TAG = '1.27.0'
const ROOT_NAMESPACE = 'istio-system'

export function installationOf({ metadata, spec = {} }: IstioOperator): Installation {
  const profile = profileOf(spec)
  const values = objectIn(spec.values, {})
  const global = objectIn(values['global'], {})
  const pilot = spec.components?.pilot ?? {}
  const namespace = pilot.namespace ?? spec.namespace ?? metadata.namespace ?? ROOT_NAMESPACE
  return {
    owner: metadata.name,
    namespace,
    revision: spec.revision ?? '',
    hub: textOf(spec.hub ?? global['hub'], HUB),
    tag: textOf(spec.tag ?? global['tag'], TAG),
    hasBase: spec.components?.base?.enabled ?? profile.control,
    pilot: (pilot.enabled ?? profile.control) ? pilot : undefined,
    gateways: [...gateways(spec, 'ingress', profile, namespace), ...gateways(spec, 'egress', profile, namespace)],
    values,
    meshConfig: { ...objectIn(values['meshConfig'], {}), ...spec.meshConfig },
  }
}

function profileOf({ profile = 'default' }: IstioOperatorSpec): Profile {
  const found = PROFILES[profile || 'default']
  if (found !== undefined) return found
  const known = Object.keys(PROFILES).toSorted().join(', ')
  throw new UnknownProfile(`unknown profile "${profile}": it is none of ${known}`)
}

/** The profile's own gateway is there unless the list speaks of gateways, which then says all. */
function gateways(
  { components }: IstioOperatorSpec,
  direction: InstalledGateway['direction'],
  profile: Profile,
  namespace: string,
): readonly InstalledGateway[] {
  const standard = `istio-${direction}gateway`
  const listed = components?.[`${direction}Gateways`]
  const wanted: readonly GatewayComponent[] = listed ?? [{ name: standard, enabled: profile[direction] }]
  return wanted.flatMap((gateway) =>
    (gateway.enabled ?? true)
      ? [{ ...gateway, name: gateway.name ?? standard, namespace: gateway.namespace ?? namespace, direction }]
      : [],
  )
}

export function objectIn(value: unknown, otherwise: JsonObject): JsonObject {
  return isObject(value) ? value : otherwise
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : otherwise
}
