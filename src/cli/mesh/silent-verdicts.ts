import { type Authorizer, dryRunOf } from '../../mesh/authorize/authorizer.ts'
import { compilePolicy } from '../../mesh/authorize/compiled-policy.ts'
import type { PeerConnection } from '../../mesh/authorize/connection.ts'
import type { AccessQuestion } from './access-question.ts'
import type { MeshModel } from './mesh-model.ts'
import { type Place, titleOf } from './places.ts'
import { type Decided, policiesOf, rulePath, whoDecided } from './workload-policies.ts'

/** What policies say of a call without deciding about it; what does not apply is left out. */
export interface SilentVerdicts {
  /** The AUDIT policies that it fits, each with the first of its rules that does. */
  readonly audits?: readonly Audit[]
  /** What policies on trial would have said: those that deny, and those that allow, by themselves. */
  readonly dryRun?: { readonly deny?: Decided; readonly allow?: Decided }
}

interface Audit {
  readonly policy: string
  readonly rule: number
  readonly place: Place
}

export function silentVerdicts(
  model: MeshModel,
  about: { readonly question: AccessQuestion; readonly connection: PeerConnection; readonly authorizer: Authorizer },
): SilentVerdicts {
  const { question, connection, authorizer } = about
  const { target, request } = question
  const audits = auditsOf(model, question, connection)
  const { deny, allow } = dryRunOf(authorizer, connection, request) ?? {}
  const dryRun = {
    ...(deny && { deny: deny.allowed ? NOT_DENIED : whoDecided(model, target, deny) }),
    ...(allow && { allow: whoDecided(model, target, allow) }),
  }
  return { ...(audits.length > 0 && { audits }), ...((deny ?? allow) !== undefined && { dryRun }) }
}

const NOT_DENIED: Decided = { allowed: true, reason: 'no rule of a DENY policy matches' }

function auditsOf(model: MeshModel, { target, request }: AccessQuestion, connection: PeerConnection): readonly Audit[] {
  return policiesOf(model, target)
    .filter(({ spec }) => spec?.action === 'AUDIT')
    .flatMap((policy) => {
      const rules = compilePolicy(policy, model.snapshot.mesh)[request === undefined ? 'tcp' : 'http']
      const rule = rules.find(({ matches }) => matches(connection, request))?.place.rule
      if (rule === undefined) return []
      return [{ policy: titleOf(policy), rule, place: model.places.of(policy, rulePath(rule)) }]
    })
}
