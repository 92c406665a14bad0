import type { AuthorizationPolicy } from '../../../mesh/config/types/authorization-policy.ts'
import type { DestinationRule } from '../../../mesh/config/types/destination-rule.ts'
import type { L4Match, VirtualService } from '../../../mesh/config/types/virtual-service.ts'
import { MESH_GATEWAY } from '../../../mesh/config/names.ts'
import { principalOf } from '../../../mesh/registry/workload.ts'
import type { MeshModel } from '../mesh-model.ts'
import { plainRules } from '../plain-rule.ts'
import type { MeshWorkload } from '../workloads.ts'

/** Callers that no rule of either side tells apart: what is true of the first is true of all. */
export type CallerGroup = readonly [string, ...string[]]

/** Workloads and gateways of both; where there are none, somebody in each namespace that has rules. */
export function callerGroups(models: readonly MeshModel[]): readonly CallerGroup[] {
  const gateways = models.flatMap(({ snapshot }) =>
    snapshot.gateways.map(({ metadata }) => `ingress:${metadata.namespace ?? 'default'}/${metadata.name}`),
  )
  const clients = models.flatMap(({ snapshot, assumes }) =>
    assumes
      ? [...snapshot.routes.byHost.keys()].flatMap((host) => clientsOf(snapshot.routes.byHost.get(host) ?? []))
      : [],
  )
  const alike = workloadGroups(models)
  const single = [...new Set([...gateways, ...(alike.length > 0 ? [] : clients)])]
  return [...single.map((name): CallerGroup => [name]), ...alike].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function clientsOf(
  items: readonly { readonly namespace: string; readonly gateways: readonly string[] }[],
): readonly string[] {
  return items.flatMap(({ namespace, gateways }) => (gateways.includes(MESH_GATEWAY) ? [`client.${namespace}`] : []))
}

function workloadGroups(models: readonly MeshModel[]): readonly CallerGroup[] {
  const asked = askedOfCallers(models)
  const sides = models.map(({ workloads }) => {
    const sidecars = workloads.filter(({ type }) => type === 'sidecar')
    return new Map(sidecars.map((workload) => [`${workload.name}.${workload.namespace}`, traitsOf(workload, asked)]))
  })
  const names = [...new Set(sides.flatMap((side) => [...side.keys()]))].toSorted()
  const groups = Map.groupBy(names, (name) => JSON.stringify(sides.map((side) => side.get(name) ?? null)))
  return [...groups.values()].flatMap(([first, ...others]): readonly CallerGroup[] =>
    first === undefined ? [] : [[first, ...others]],
  )
}

interface AskedOfCallers {
  readonly labels: ReadonlySet<string>
  readonly identities: readonly string[]
}

function traitsOf(workload: MeshWorkload, asked: AskedOfCallers): unknown {
  const { namespace, labels, hasSidecar } = workload
  const principal = principalOf(workload)
  return [
    namespace,
    hasSidecar,
    [...asked.labels].map((name) => labels[name] ?? null),
    asked.identities.filter((pattern) => fits(pattern, principal, workload.serviceAccount)),
  ]
}

/** Labels that routes and policies of either side ask callers for, and identities that they name. */
function askedOfCallers(models: readonly MeshModel[]): AskedOfCallers {
  const objects = <Kind>(kind: string): readonly Kind[] =>
    models.flatMap(({ snapshot }) => [...(snapshot.objects.get(kind)?.values() ?? [])]) as unknown as readonly Kind[]
  const matches = objects<VirtualService>('VirtualService').flatMap(({ spec }) =>
    [...(spec?.http ?? []), ...(spec?.tls ?? []), ...(spec?.tcp ?? [])].flatMap(
      ({ match }): readonly Pick<L4Match, 'sourceLabels'>[] => match ?? [],
    ),
  )
  const rules = objects<DestinationRule>('DestinationRule').map(({ spec }) => spec?.workloadSelector?.matchLabels)
  const sidecars = models.flatMap(({ snapshot }) => snapshot.sidecars.map(({ spec }) => spec?.workloadSelector?.labels))
  const labels = [...matches.map(({ sourceLabels }) => sourceLabels), ...rules, ...sidecars]
  return {
    labels: new Set(labels.flatMap((own) => Object.keys(own ?? {}))),
    identities: [...new Set(objects<AuthorizationPolicy>('AuthorizationPolicy').flatMap(identitiesIn))],
  }
}

function identitiesIn(policy: AuthorizationPolicy): readonly string[] {
  return plainRules(policy).flatMap(({ from, when }) => [
    ...from.flatMap(({ principals = [], notPrincipals = [], serviceAccounts = [], notServiceAccounts = [] }) => [
      ...principals,
      ...notPrincipals,
      ...serviceAccounts,
      ...notServiceAccounts,
    ]),
    ...when
      .filter(({ key }) => key === 'source.principal' || key === 'source.serviceAccount')
      .flatMap(({ values, notValues }) => [...values, ...notValues]),
  ])
}

/** Whether a pattern may be about an identity: at its beginning, at its end, or as the name of its service account. */
function fits(pattern: string, principal: string, serviceAccount: string): boolean {
  const plain = pattern.replace(/^spiffe:\/\//, '')
  if (plain.endsWith('*') && principal.startsWith(plain.slice(0, -1))) return true
  if (plain.startsWith('*') && principal.endsWith(plain.slice(1))) return true
  return principal === plain || plain.split('/').at(-1) === serviceAccount
}
