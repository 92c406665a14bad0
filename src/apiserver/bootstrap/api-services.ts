import { StatusError } from '../../api/errors.ts'
import { apiVersionOf, type Kind } from '../../api/kind.ts'
import type { APIService } from '../../api/types.generated.ts'
import { resourcePath } from '../../store/store.ts'
import { printTime } from '../../world/clock.ts'
import { groupPriority } from '../discovery/group-priorities.ts'
import { type Installation, installObjects } from './install-objects.ts'

const PATH = resourcePath({ group: 'apiregistration.k8s.io', plural: 'apiservices' })
const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged'

/**
 * Keeps an APIService for each version of each group that is served here, as long as it is (k8s.io/kubernetes
 * pkg/controlplane/apiserver/aggregator.go and controller/crdregistration). Returns what ends that.
 */
export async function publishApiServices(installation: Installation): Promise<() => void> {
  const { scheme } = installation
  const services = new Map(scheme.kinds().map((kind) => [apiVersionOf(kind), apiService(kind, installation)]))
  await installObjects([...services.values()], installation)
  return scheme.onChange(({ type, kind }) => {
    void (type === 'added' ? publish(kind, installation) : withdraw(kind, installation))
  })
}

/** Keeps an APIService for each of these versions while it is served; those that somebody else made are left alone. */
export async function publishVersions(
  versions: readonly { readonly group: string; readonly version: string; readonly isServed: boolean }[],
  installation: Installation,
): Promise<void> {
  for (const { group, version, isServed } of versions) {
    const served = { group, version, custom: true }
    const isThere = installation.store.get(PATH, { name: nameOf(served) }) !== undefined
    if (isServed && !isThere) await publish(served, installation)
    else if (!isServed && isThere) await withdraw(served, installation)
  }
}

/** What of a kind an APIService is about. */
type Served = Pick<Kind, 'group' | 'version' | 'custom'>

/** Two definitions of one group may come at once: the second finds it done. */
async function publish(kind: Served, installation: Installation): Promise<void> {
  try {
    await installObjects([apiService(kind, installation)], installation)
  } catch (error) {
    if (!(error instanceof StatusError) || error.reason !== 'AlreadyExists') throw error
  }
}

async function withdraw(kind: Served, { store, scheme }: Installation): Promise<void> {
  const isServed = scheme.kinds().some(({ group, version }) => group === kind.group && version === kind.version)
  const key = { name: nameOf(kind) }
  const present = store.get(PATH, key)
  if (isServed || present?.metadata.labels?.[AUTOMANAGED] === undefined) return
  await store.delete(PATH, key)
}

function nameOf({ group, version }: Served): string {
  return `${version}.${group}`
}

function apiService(kind: Served, { clock }: Installation): APIService {
  const { group, version, custom } = kind
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: nameOf(kind), labels: { [AUTOMANAGED]: custom === true ? 'true' : 'onstart' } },
    spec: {
      ...(group === '' ? {} : { group }),
      version,
      groupPriorityMinimum: groupPriority(group),
      versionPriority: custom === true ? 100 : versionPriority(group, version),
    },
    status: {
      conditions: [
        {
          type: 'Available',
          status: 'True',
          lastTransitionTime: printTime(clock.now()),
          reason: 'Local',
          message: 'Local APIServices are always available',
        },
      ],
    },
  }
}

/** Stable versions before the others; of autoscaling, the newer one. */
function versionPriority(group: string, version: string): number {
  if (group === '') return 1
  if (group === 'autoscaling' && version === 'v2') return 30
  return /^v\d+$/.test(version) ? 15 : 9
}
