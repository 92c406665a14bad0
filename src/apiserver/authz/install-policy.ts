import { type ApiObject, keyOf } from '../../api/object.ts'
import type { PolicyRule, Subject } from '../../api/types.generated.ts'
import { deepEqual } from '../../base/equal.ts'
import type { ResourcePath } from '../../store/engine.ts'
import type { Store } from '../../store/store.ts'
import { type Clock, printTime } from '../../world/clock.ts'
import { type Random, uuid } from '../../world/random.ts'
import { bootstrapPolicy } from './bootstrap-policy.ts'
import { uncovered } from './rules.ts'

const PATHS: Readonly<Record<string, ResourcePath>> = {
  ClusterRole: 'rbac.authorization.k8s.io/clusterroles',
  ClusterRoleBinding: 'rbac.authorization.k8s.io/clusterrolebindings',
  Role: 'rbac.authorization.k8s.io/roles',
  RoleBinding: 'rbac.authorization.k8s.io/rolebindings',
}
const AUTO_UPDATE = 'rbac.authorization.kubernetes.io/autoupdate'

/** What roles and bindings have in common here. */
interface PolicyObject extends ApiObject {
  readonly rules?: readonly PolicyRule[]
  readonly subjects?: readonly Subject[]
}

/**
 * Puts the default policy into the store, past all checks: nobody has a say in it, and there is much of it. Of what is
 * there already, what still follows the defaults gets the rules and subjects that it lacks, and loses none.
 */
export async function installBootstrapPolicy(options: { store: Store; clock: Clock; random: Random }): Promise<void> {
  const { store, clock, random } = options
  const creationTimestamp = printTime(clock.now())
  await Promise.all(
    bootstrapPolicy().map(async (object: PolicyObject) => {
      const path = PATHS[object.kind]
      if (path === undefined) return undefined
      const present = store.get(path, keyOf(object)) as PolicyObject | undefined
      if (present === undefined) {
        return store.create(path, { ...object, metadata: { ...object.metadata, uid: uuid(random), creationTimestamp } })
      }
      const completed = complete(present, object)
      return completed === present ? undefined : store.update(path, completed)
    }),
  )
}

function complete(present: PolicyObject, wanted: PolicyObject): PolicyObject {
  if (present.metadata.annotations?.[AUTO_UPDATE] !== 'true') return present
  const { rules = [], subjects = [] } = present
  const rulesMissing = uncovered(rules, wanted.rules ?? [])
  const subjectsMissing = (wanted.subjects ?? []).filter((one) => !subjects.some((own) => deepEqual(own, one)))
  if (rulesMissing.length === 0 && subjectsMissing.length === 0) return present
  return {
    ...present,
    ...(rulesMissing.length === 0 ? {} : { rules: [...rules, ...rulesMissing] }),
    ...(subjectsMissing.length === 0 ? {} : { subjects: [...subjects, ...subjectsMissing] }),
  }
}
