import { badRequest, conflict, invalid, invalidValue } from '../../api/errors.ts'
import type { Subresource } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import type { ApiRequest } from '../../api/request.ts'
import { printLabelSelector } from '../../api/selectors/label-selector.ts'
import type { LabelSelector, Scale } from '../../api/types.generated.ts'
import type { ServerContext } from '../context.ts'
import { get } from '../rest/get.ts'
import { groupResourceOf } from '../rest/meta.ts'
import { patched } from '../rest/patch.ts'
import { modify } from '../rest/update.ts'

/** GET, PUT and PATCH of `/scale`: the counts of any kind that declares where they stand, as one shape. */
export async function scale(request: ApiRequest, context: ServerContext): Promise<Scale> {
  const place = placeOf(request)
  if (request.verb === 'get') return scaleOf(await get(request, context), place)
  const scaled = await modify(request, context, (current) => {
    const before = scaleOf(current, place)
    const wanted = (request.verb === 'patch' ? patched(request, before) : request.body) as Scale
    const expected = wanted.metadata?.resourceVersion
    if (expected !== undefined && expected !== '' && expected !== current.metadata.resourceVersion) {
      const why = 'the object has been modified; please apply your changes to the latest version and try again'
      throw conflict(groupResourceOf(request.kind), current.metadata.name, why)
    }
    return withReplicas(current, place.spec, replicasOf(wanted, current))
  })
  return scaleOf(scaled, place)
}

type Place = NonNullable<Subresource['scale']>

function placeOf({ kind }: ApiRequest): Place {
  const place = kind.subresources?.find(({ name }) => name === 'scale')?.scale
  if (place === undefined) throw badRequest(`${kind.plural} have no scale`)
  return place
}

function replicasOf(wanted: Scale, { metadata }: ApiObject): number {
  const replicas = wanted.spec?.replicas ?? 0
  if (Number.isInteger(replicas) && replicas >= 0) return replicas
  const detail = 'must be greater than or equal to 0'
  throw invalid('autoscaling', 'Scale', metadata.name, [invalidValue('spec.replicas', replicas, detail)])
}

function scaleOf(object: ApiObject, place: Place): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = place.selector === undefined ? undefined : selectorText(read(object, place.selector))
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: { replicas: numberOf(read(object, place.spec)) },
    status: { replicas: numberOf(read(object, place.status)), ...(selector === undefined ? {} : { selector }) },
  }
}

/** A selector is text already in custom resources, a LabelSelector or plain labels in built-in kinds. */
function selectorText(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  const isLabelSelector = 'matchLabels' in (value as object) || 'matchExpressions' in (value as object)
  return printLabelSelector((isLabelSelector ? value : { matchLabels: value }) as LabelSelector)
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function pathOf(text: string): readonly string[] {
  return text.split('.').filter((part) => part !== '')
}

function read(object: unknown, path: string): unknown {
  let value = object
  for (const name of pathOf(path)) value = (value as Record<string, unknown> | undefined)?.[name]
  return value
}

function withReplicas(object: ApiObject, path: string, replicas: number): ApiObject {
  const set = (value: unknown, [name, ...rest]: readonly string[]): unknown =>
    name === undefined
      ? replicas
      : { ...(value as object), [name]: set((value as Record<string, unknown>)?.[name], rest) }
  return set(object, pathOf(path)) as ApiObject
}
