import { Deployment } from '../../api/kinds/apps/deployment.ts'
import { Service } from '../../api/kinds/core/service.ts'
import type { Informers } from '../../client/informers.ts'
import { compareText } from '../../base/compare-text.ts'

const URL_FLAG = '--prometheus-url'
const ADAPTER = 'prometheus-adapter'
const PREFIX = 'prometheus'
/** What Services call the port of a Prometheus; by number where it has another name, or none. */
const PORT_NAMES: readonly string[] = ['web', 'http-web', 'http']
const PORT = 9_090

/**
 * Where the cluster's Prometheus is: what a Deployment of prometheus-adapter is told by --prometheus-url, or else the first
 * Service whose name begins with `prometheus` and that has such a port. Throws when there is neither.
 */
export function locatePrometheus(informers: Informers): string {
  const flags = [...informers.of(Deployment).values()].flatMap((deployment) => urlFlagOf(deployment) ?? [])
  const services = [...informers.of(Service).values()].flatMap(urlOf)
  const [url] = [...flags.toSorted(compareText), ...services.toSorted(compareText)]
  if (url !== undefined) return url
  const places = `no Deployment of ${ADAPTER} with ${URL_FLAG}, and no Service ${PREFIX}* with port ${PORT}`
  throw new Error(`there is no Prometheus in the cluster: ${places}`)
}

function urlFlagOf({ metadata, spec }: Deployment): string | undefined {
  for (const { image = '', command = [], args = [] } of spec.template.spec?.containers ?? []) {
    if (!image.includes(ADAPTER) && !metadata.name.includes(ADAPTER)) continue
    const words = [...command, ...args]
    const index = words.findIndex((word) => word === URL_FLAG || word.startsWith(`${URL_FLAG}=`))
    const word = words[index]
    if (word !== undefined) return word === URL_FLAG ? words[index + 1] : word.slice(URL_FLAG.length + 1)
  }
  return undefined
}

function urlOf({ metadata, spec }: Service): readonly string[] {
  const { name, namespace = '' } = metadata
  if (!name.startsWith(PREFIX) || name.includes(ADAPTER)) return []
  const ports = spec.ports ?? []
  const found = ports.find(({ port }) => port === PORT) ?? ports.find((port) => PORT_NAMES.includes(port.name ?? ''))
  return found === undefined ? [] : [`http://${name}.${namespace}.svc:${found.port}`]
}
