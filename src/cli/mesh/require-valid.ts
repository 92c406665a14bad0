import { istioJudge } from '../../api/kinds/istio/judge-object.ts'
import { UserError } from '../../base/user-error.ts'
import type { Manifest } from '../up/manifests.ts'

/**
 * Nothing can be said of a mesh that a cluster would not take: what it refuses of Istio's objects is told, all of it. What it
 * takes and warns of, as of fields that nobody knows, is returned.
 */
export function requireValid(manifests: readonly Manifest[]): readonly string[] {
  const judge = istioJudge()
  const judged = manifests.map(({ file, line, object }) => {
    const { errors = [], warnings = [] } = judge(object) ?? {}
    const told = (text: string): string => `${file}:${line}: ${object.kind} ${object.metadata.name}: ${text}`
    return { errors: errors.map(told), warnings: warnings.map(told) }
  })
  const warnings = judged.flatMap((one) => one.warnings)
  // A field that nobody knows may be why another is missing.
  const refused = judged.flatMap((one) => (one.errors.length === 0 ? [] : [...one.errors, ...one.warnings]))
  if (refused.length === 0) return warnings
  throw new UserError('DABBA_MANIFEST', {
    message: refused.join('\n'),
    hint: 'A cluster with Istio would refuse it: mend it, or leave it out',
  })
}
