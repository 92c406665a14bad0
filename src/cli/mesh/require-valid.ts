import { istioJudge } from '../../api/kinds/istio/judge-object.ts'
import { UserError } from '../../base/user-error.ts'
import type { Manifest } from '../up/manifests.ts'

/** Nothing can be said of a mesh that a cluster would not take: what it refuses of Istio's objects is told, all of it. */
export function requireValid(manifests: readonly Manifest[]): void {
  const judge = istioJudge()
  const refused = manifests.flatMap(({ file, line, object }) =>
    (judge(object)?.errors ?? []).map((error) => `${file}:${line}: ${object.kind} ${object.metadata.name}: ${error}`),
  )
  if (refused.length === 0) return
  throw new UserError('DABBA_MANIFEST', {
    message: refused.join('\n'),
    hint: 'A cluster with Istio would refuse it: mend it, or leave it out',
  })
}
