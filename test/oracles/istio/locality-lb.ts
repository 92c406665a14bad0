import { effectiveLocality } from '../../../src/mesh/balance/locality-setting.ts'
import { applyLocality, applyZoneAware, type EndpointGroup, parseLocality } from '../../../src/mesh/balance/locality.ts'
import type {
  LoadBalancer,
  LocalitySetting,
  ZoneAwareSetting,
} from '../../../src/mesh/config/types/destination-rule.ts'
import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

/** locality-lb.json: priorities and weights of endpoint groups, and whose setting counts. */
export const oracle: Oracle = {
  open: () => run,
}

type Labels = Readonly<Record<string, string>>

interface Application {
  readonly proxyLocality: string
  readonly proxyLabels: Labels
  readonly localityLbSetting?: LocalitySetting | null
  readonly zoneAwareLbSetting?: ZoneAwareSetting
  readonly failoverEnabled?: boolean
  readonly groups: readonly {
    readonly locality: string | null
    readonly endpoints?: readonly { readonly weight: number; readonly labels: Labels }[]
  }[]
}

interface Effective {
  readonly meshLocalityLbSetting: LocalitySetting | null
  readonly meshZoneAwareLbSetting: ZoneAwareSetting | null
  readonly destinationRuleLoadBalancer: LoadBalancer | null
  readonly serviceTrafficDistribution: string | null
}

function run({ input, expect }: OracleCase): void {
  if ('apply' in input) runApplication(input['apply'] as Application, expect)
  else runEffective(input['effective'] as Effective, expect)
}

function runApplication(input: Application, expect: OracleCase['expect']): void {
  const groups = applied(input)
  const priorities = groups.map(({ priority }) => priority)
  const weights = groups.map(({ weight }) => weight)
  if ('priorities' in expect) expectSame('priorities', priorities, expect['priorities'])
  if ('weights' in expect) expectSame('weights', weights, expect['weights'])
  if ('groups' in expect) {
    const expected = expect['groups'] as { readonly weight: number; readonly priority: number }[]
    expectSame(
      'groups',
      groups.map(({ weight, priority }) => ({ weight, priority })),
      expected.map(({ weight, priority }) => ({ weight, priority })),
    )
  }
  if ('anyPriorityZero' in expect) expectSame('priority 0', priorities.includes(0), expect['anyPriorityZero'])
}

function applied(input: Application): readonly EndpointGroup[] {
  const caller = { locality: parseLocality(input.proxyLocality), labels: input.proxyLabels }
  const groups = input.groups.map(({ locality, endpoints = [{ weight: 1, labels: {} }] }) => ({
    ...(locality !== null && { locality: parseLocality(locality) }),
    endpoints,
    priority: 0,
    weight: endpoints.reduce((sum, { weight }) => sum + weight, 0),
  }))
  if (input.zoneAwareLbSetting !== undefined) return applyZoneAware(groups, caller, input.zoneAwareLbSetting)
  const failoverEnabled = input.failoverEnabled === true
  return applyLocality(groups, caller, { setting: input.localityLbSetting ?? undefined, failoverEnabled })
}

function runEffective(input: Effective, expect: OracleCase['expect']): void {
  const policy = effectiveLocality({
    destinationRule: input.destinationRuleLoadBalancer ?? undefined,
    trafficDistribution: input.serviceTrafficDistribution ?? undefined,
    meshLocality: input.meshLocalityLbSetting ?? undefined,
    meshZoneAware: input.meshZoneAwareLbSetting ?? undefined,
  })
  const zoneAware = policy?.kind === 'zone-aware' ? policy : undefined
  const locality = policy?.kind === 'locality' ? policy : undefined
  const actual: Record<string, unknown> = {
    localityLbSetting: locality?.setting ?? null,
    zoneAwareLbSetting: zoneAware?.setting ?? null,
    forceFailover: zoneAware?.enabled ?? locality?.forceFailover ?? false,
    zoneRoutingEnabled: zoneAware?.enabled,
    none: policy === undefined,
  }
  for (const [field, expected] of Object.entries(expect)) {
    if (!(field in actual)) throw new Mismatch(`unknown expectation ${field}`)
    expectSame(field, actual[field], expected)
  }
}
