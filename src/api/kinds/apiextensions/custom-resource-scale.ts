import { type Cause, invalidValue } from '../../errors.ts'
import { isJsonObject } from '../../schema/json.ts'
import type { CustomResourceSubresourceScale } from '../../types.generated.ts'

const INT32_MAX = 2 ** 31 - 1

/** What is wrong with the counts and the selector that the scale of a custom resource is made of. */
export function* validateScale(
  object: unknown,
  { specReplicasPath, statusReplicasPath, labelSelectorPath }: CustomResourceSubresourceScale,
  { withSpec }: { readonly withSpec: boolean },
): Generator<Cause> {
  if (withSpec) yield* validateCount(object, specReplicasPath)
  yield* validateCount(object, statusReplicasPath)
  if (labelSelectorPath === undefined || labelSelectorPath === '') return
  const { value, problem } = read(object, labelSelectorPath)
  if (problem !== undefined) yield invalidValue(labelSelectorPath, '', problem)
  else if (value !== undefined && typeof value !== 'string') {
    yield invalidValue(labelSelectorPath, '', accessorProblem(labelSelectorPath, value, 'string'))
  }
}

function* validateCount(object: unknown, path: string): Generator<Cause> {
  const { value = 0, problem } = read(object, path)
  if (problem !== undefined) yield invalidValue(path, 0, problem)
  else if (typeof value !== 'number' || !Number.isInteger(value)) {
    yield invalidValue(path, 0, accessorProblem(path, value, 'int64'))
  } else if (value < 0) yield invalidValue(path, value, 'should be a non-negative integer')
  else if (value > INT32_MAX) yield invalidValue(path, value, `should be less than or equal to ${INT32_MAX}`)
}

/** After k8s.io/apimachinery pkg/apis/meta/v1/unstructured/helpers.go. */
function read(object: unknown, path: string): { readonly value?: unknown; readonly problem?: string } {
  let value = object
  const names = path.replace(/^\./, '').split('.')
  for (const [index, name] of names.entries()) {
    if (value === undefined || value === null) return {}
    if (!isJsonObject(value)) {
      return { problem: accessorProblem(names.slice(0, index + 1).join('.'), value, 'map[string]interface{}') }
    }
    value = Object.hasOwn(value, name) ? value[name] : undefined
  }
  return { value }
}

function accessorProblem(path: string, value: unknown, wanted: string): string {
  const dotted = path.startsWith('.') ? path : `.${path}`
  const shown = typeof value === 'string' ? value : JSON.stringify(value)
  return `${dotted} accessor error: ${shown} is of the type ${goTypeOf(value)}, expected ${wanted}`
}

function goTypeOf(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64'
    case 'boolean':
      return 'bool'
    case 'object':
      return 'map[string]interface {}'
    default:
      return typeof value
  }
}
