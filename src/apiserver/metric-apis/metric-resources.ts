import { type Kind, storageKindOf, VERBS } from '../../api/kind.ts'
import type { Scheme } from '../../api/scheme.ts'
import type { ResourceNames } from './metric-provider.ts'

/** What metrics can be of: every resource whose objects are stored, once. */
export function describableKinds(scheme: Scheme): readonly Kind[] {
  return scheme.kinds().filter((kind) => storageKindOf(kind) === kind && (kind.verbs ?? VERBS).includes('watch'))
}

export function namesOf({ group, plural, singular, namespaced }: Kind): ResourceNames {
  return { group, plural, singular, namespaced }
}

/** `pods`, `deployments.apps`; without its group, the first resource of the name. */
export function kindOfResource(scheme: Scheme, text: string): Kind | undefined {
  const dot = text.indexOf('.')
  const plural = dot < 0 ? text : text.slice(0, dot)
  const group = dot < 0 ? undefined : text.slice(dot + 1)
  return describableKinds(scheme).find(
    (kind) => kind.plural === plural && (group === undefined || kind.group === group),
  )
}

/** As Go prints a GroupResource. */
export function printResource({ group, plural }: Pick<Kind, 'group' | 'plural'>): string {
  return group === '' ? plural : `${plural}.${group}`
}
