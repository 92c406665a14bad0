/** Who a workload is, wherever it runs. */
export interface SpiffeIdentity {
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
}

const SCHEME = 'spiffe://'
const FORM = /^spiffe:\/\/([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/

/** `spiffe://cluster.local/ns/default/sa/web`, as certificates carry it. */
export function spiffeUri({ trustDomain, namespace, serviceAccount }: SpiffeIdentity): string {
  return `${SCHEME}${trustDomain}/ns/${namespace}/sa/${serviceAccount}`
}

/** `undefined` for what names nobody of a mesh. */
export function parseSpiffe(uri: string): SpiffeIdentity | undefined {
  const parts = FORM.exec(uri)
  if (parts === null) return undefined
  const [, trustDomain = '', namespace = '', serviceAccount = ''] = parts
  return { trustDomain, namespace, serviceAccount }
}

/** `cluster.local` of any URI of the scheme: gateways and other systems may name themselves in other forms. */
export function trustDomainOf(uri: string): string | undefined {
  if (!uri.startsWith(SCHEME)) return undefined
  const end = uri.indexOf('/', SCHEME.length)
  const domain = uri.slice(SCHEME.length, end < 0 ? undefined : end)
  return domain === '' ? undefined : domain
}
