import { isList, isObject } from '../../api/patch/json-value.ts'

/** What an overlay's path leads to is not there. */
export class OverlayError extends Error {}

/**
 * Sets what a path leads to, or removes it where there is no value. Steps are names, `[key:value]` and `[:value]` choose
 * an item of a list, `[n]` counts it, and `[-1]` as the last step adds one; `\.` is a dot in a name.
 * Rules: istio/istio operator/pkg/tpath/tree.go, operator/pkg/util/path.go.
 */
export function applyOverlay(document: unknown, path: string, value: unknown): unknown {
  return changed(document, stepsOf(path), { path, value })
}

interface Change {
  readonly path: string
  readonly value: unknown
}

function stepsOf(path: string): readonly string[] {
  return path
    .split(/(?<!\\)\./)
    .filter((step) => step !== '')
    .map((step) => step.replaceAll('\\.', '.'))
}

function changed(node: unknown, steps: readonly string[], change: Change): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return change.value
  const selector = /^\[(.*)\]$/s.exec(step)?.[1]
  if (selector !== undefined) return changedItem(node, { step, selector, rest }, change)
  if (node !== undefined && node !== null && !isObject(node)) throw lost(change, step, 'is no field of an object')
  const object = node ?? {}
  const { [step]: current, ...others } = object as Record<string, unknown>
  if (rest.length === 0 && change.value === undefined) return others
  return { ...object, [step]: changed(current, rest, change) }
}

function changedItem(
  node: unknown,
  { step, selector, rest }: { readonly step: string; readonly selector: string; readonly rest: readonly string[] },
  change: Change,
): unknown {
  if (!isList(node ?? [])) throw lost(change, step, 'chooses from what is no list')
  const list = (node ?? []) as readonly unknown[]
  if (selector === '-1') return [...list, changed(undefined, rest, change)]
  const at = indexOf(list, selector)
  if (at < 0 || at >= list.length) throw lost(change, step, 'chooses nothing')
  if (rest.length === 0 && change.value === undefined) return list.toSpliced(at, 1)
  return list.with(at, changed(list[at], rest, change))
}

function indexOf(list: readonly unknown[], selector: string): number {
  if (/^\d+$/.test(selector)) return Number(selector)
  const colon = selector.indexOf(':')
  if (colon < 0) return list.findIndex((item) => String(item) === selector)
  const key = selector.slice(0, colon)
  const value = selector.slice(colon + 1)
  return list.findIndex((item) => String(key === '' ? item : isObject(item) ? item[key] : undefined) === value)
}

function lost({ path }: Change, step: string, why: string): OverlayError {
  return new OverlayError(`path ${path}: ${step} ${why}`)
}
