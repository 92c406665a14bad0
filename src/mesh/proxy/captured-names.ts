import { parseIp } from '../../api/names/ip-address.ts'
import type { ProxyView } from './proxy-view.ts'

/**
 * What a proxy that resolves its workload's names answers of its own: addresses of ServiceEntries, said or given. Undefined:
 * the cluster's DNS is asked, which has the same of Services. Rules: istio/istio pkg/dns/server/name_table.go and
 * pkg/dns/client/dns.go.
 */
export function capturedName(view: ProxyView, name: string): readonly string[] | undefined {
  const exact = addressesOf(view, name)
  if (exact !== undefined) return exact
  const labels = name.split('.')
  for (let from = 1; from < labels.length; from++) {
    const addresses = addressesOf(view, `*.${labels.slice(from).join('.')}`)
    if (addresses !== undefined) return addresses
  }
  return undefined
}

function addressesOf(view: ProxyView, host: string): readonly string[] | undefined {
  const service = view.service(host)
  if (service === undefined || service.fromKubernetes) return undefined
  // A range is no address that one could connect to.
  const addresses = service.addresses.filter((address) => parseIp(address) !== undefined)
  return addresses.length === 0 ? undefined : addresses
}
