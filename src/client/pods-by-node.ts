import type { Pod } from '../api/kinds/core/pod.ts'
import type { Informer } from './informer.ts'

const INDEX = 'node'
const NOWHERE: readonly string[] = []

/** Files pods under the node that they are bound to: one index, however many ask for it. */
export function indexByNode(pods: Informer<Pod>): void {
  pods.addIndex(INDEX, ({ spec: { nodeName } }) => (nodeName === undefined ? NOWHERE : [nodeName]))
}

/** The pods that are bound to a node, once they are filed by it. */
export function podsOnNode(pods: Informer<Pod>, nodeName: string): readonly Pod[] {
  return pods.byIndex(INDEX, nodeName)
}
