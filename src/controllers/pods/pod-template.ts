import type { Pod } from '../../api/kinds/core/pod.ts'
import type { ApiObject, ObjectMeta } from '../../api/object.ts'
import type { PodTemplateSpec } from '../../api/types.generated.ts'
import { assert } from '../../base/assert.ts'
import { controllerReference } from '../../client/client.ts'

/** The longest name an object may have; `<owner>-` must fit as well, else the dash is left out. */
const NAME_MAX = 253

/**
 * The pod that a template asks for, before it has a name. It shares the template's parts: ten thousand pods of one
 * template hold one copy of its containers, and one object may be submitted many times.
 */
export function podFromTemplate(owner: ApiObject, template: PodTemplateSpec | undefined): Pod {
  assert(template?.spec !== undefined, `${owner.kind} ${owner.metadata.name} has no pod template`)
  const { labels, annotations, finalizers } = template.metadata ?? ({} as Partial<ObjectMeta>)
  const { name, namespace } = owner.metadata
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: name.length < NAME_MAX ? `${name}-` : name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec,
  }
}
