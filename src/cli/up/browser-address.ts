import type { ApiObject } from '../../api/object.ts'
import type { HostListening } from '../../platform.ts'
import type { Clock } from '../../world/clock.ts'

/** Kinds that serve names through gateways. */
const ROUTES = ['VirtualService', 'Ingress']
/** Browsers and curl look for these on the machine that they run on, without asking a name server (RFC 6761, section 6.3). */
const LOCAL_NAME = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.localhost$/
const HTTP_PORT = 80
/** How long a load balancer that is being made is waited for. */
const WAIT_MAX_MS = 2_000
const POLL_MS = 10

interface Host {
  list(): readonly HostListening[]
}

/**
 * Where a browser on this host finds what the manifests serve by a name of this host; undefined where they serve none, or
 * where it cannot be told which of several load balancers has it.
 */
export async function browserAddress(
  applied: readonly ApiObject[],
  { host, clock, signal }: { readonly host: Host; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string | undefined> {
  const [name] = applied.flatMap(hostsOf).filter((served) => LOCAL_NAME.test(served))
  if (name === undefined) return undefined
  const deadlineMs = clock.now() + WAIT_MAX_MS
  for (;;) {
    const [door, ...others] = host.list().filter((listening) => listening.name.endsWith(`/balancer:${HTTP_PORT}`))
    if (others.length > 0) return undefined
    if (door !== undefined) return `http://${name}${door.port === HTTP_PORT ? '' : `:${door.port}`}/`
    if (clock.now() >= deadlineMs || signal.aborted) return undefined
    await clock.sleep(POLL_MS)
  }
}

function hostsOf(object: ApiObject): readonly string[] {
  if (!ROUTES.includes(object.kind)) return []
  const { spec = {} } = object as { spec?: { hosts?: readonly string[]; rules?: readonly { host?: string }[] } }
  return spec.hosts ?? spec.rules?.flatMap(({ host }) => host ?? []) ?? []
}
