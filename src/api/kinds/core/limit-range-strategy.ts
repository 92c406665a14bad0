import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import type { LimitRange, LimitRangeItem } from '../../types.generated.ts'
import { canonicalResources, type ResourceList } from '../validation/resource-lists.ts'
import { unchecked } from '../validation/unchecked.ts'

/** pkg/apis/core/v1/defaults.go SetDefaults_LimitRangeItem. */
export function defaultLimitRange(range: LimitRange): LimitRange {
  const { spec } = unchecked(range)
  if (spec?.limits === undefined) return range
  return changed(range, { spec: changed(spec, { limits: mapChanged(spec.limits, defaultItem) }) })
}

const LISTS = ['default', 'defaultRequest', 'max', 'maxLimitRequestRatio', 'min'] as const

/** For containers: who may use at most so much is given so much, unless there is another default. */
function defaultItem(item: LimitRangeItem): LimitRangeItem {
  const filled = item.type === 'Container' ? changed(item, defaultsOf(item)) : item
  const canonical: { -readonly [Name in (typeof LISTS)[number]]?: ResourceList } = {}
  for (const name of LISTS) {
    const list = filled[name]
    if (list !== undefined) canonical[name] = canonicalResources(list)
  }
  return changed(filled, canonical)
}

function defaultsOf({ max, min, ...item }: LimitRangeItem): Pick<LimitRangeItem, 'default' | 'defaultRequest'> {
  const limits = withMissing(item.default ?? {}, max)
  const requests = withMissing(withMissing(item.defaultRequest ?? {}, limits), min)
  return {
    ...(isEmpty(limits) ? {} : { default: limits }),
    ...(isEmpty(requests) ? {} : { defaultRequest: requests }),
  }
}

function withMissing(list: ResourceList, source: ResourceList | undefined): ResourceList {
  const missing = Object.entries(source ?? {}).filter(([name]) => list[name] === undefined)
  return missing.length === 0 ? list : { ...list, ...Object.fromEntries(missing) }
}

function isEmpty(list: ResourceList): boolean {
  return Object.keys(list).length === 0
}
