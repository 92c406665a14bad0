import type { Kind } from '../../api/kind.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { type ApiObject, controllerOf, keyOf, printKey } from '../../api/object.ts'
import type { LabelMatcher } from '../../api/selectors/label-matcher.ts'
import { owns, type Source } from '../../client/controller.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'
import { changesWorkload } from './pod-state.ts'

const NAMESPACE = 'namespace'

export interface OwnedSourceOptions<O extends ApiObject> {
  readonly informers: Informers
  readonly owner: Kind<O>
  readonly selectorOf: (owner: O) => LabelMatcher
}

/** Pods lead to the owner that controls them; those without one, to all that might adopt them. */
export function podSource<O extends ApiObject>(options: OwnedSourceOptions<O>): Source {
  const source = ownedSource(Pod, options)
  return {
    kind: source.kind,
    keys(pod, old) {
      return old === undefined || changesWorkload(pod as Pod, old as Pod) ? source.keys(pod, old) : []
    },
  }
}

/** Objects lead to the owner that controls them; those without one, to all that might adopt them. */
export function ownedSource<T extends ApiObject, O extends ApiObject>(
  kind: Kind<T>,
  { informers, owner, selectorOf }: OwnedSourceOptions<O>,
): Source {
  const owned = owns(kind as unknown as Kind, owner as unknown as Kind)
  return {
    kind: kind as unknown as Kind,
    keys(object, old) {
      const keys = owned.keys(object, old)
      if (controllerOf(object) !== undefined) return keys
      const adopters = inNamespace(informers.of(owner), object.metadata.namespace)
        .filter((one) => selectorOf(one).matches(object.metadata.labels))
        .map((one) => printKey(keyOf(one)))
      return [...keys, ...adopters]
    },
  }
}

/** The objects of a namespace. */
export function inNamespace<T extends ApiObject>(informer: Informer<T>, namespace: string | undefined): readonly T[] {
  informer.addIndex(NAMESPACE, ({ metadata }) => [metadata.namespace ?? ''])
  return informer.byIndex(NAMESPACE, namespace ?? '')
}
