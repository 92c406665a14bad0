import type { IncomingMessage } from 'node:http'
import type { Kind } from '../../api/kind.ts'
import { Pod } from '../../api/kinds/core/pod.ts'

/** How a pod is shown to who asks for its logs. */
export type PodView = (pod: Pod) => Pod

/** What kubectl says of itself with each request: k8s.io/cli-runtime pkg/genericclioptions/command_headers.go. */
const COMMAND_HEADER = 'kubectl-command'
const LOGS = 'kubectl logs'

/**
 * kubectl looks at a pod before it asks for the log of a container, and does not ask for that of one which the pod does not
 * list. What has a log without being a container is therefore shown to it, and to nobody else.
 */
export function viewForLogs(
  { headers }: IncomingMessage,
  kind: Kind,
  view: PodView,
): ((read: unknown) => unknown) | undefined {
  if (headers[COMMAND_HEADER] !== LOGS || kind.kind !== Pod.kind || kind.group !== Pod.group) return undefined
  return (read) => {
    const { kind: of, items } = read as { readonly kind?: string; readonly items?: readonly Pod[] }
    if (of === 'Pod') return view(read as Pod)
    return items === undefined ? read : { ...(read as object), items: items.map(view) }
  }
}
