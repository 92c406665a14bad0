import { deepEqual } from '../../../base/equal.ts'

/**
 * Whether two parts of an object mean the same to the API: k8s.io/apimachinery pkg/api/equality Semantic.DeepEqual over
 * upstream's types, where a field that is no pointer cannot tell absent from zero. Quantities and times are compared as
 * the texts that defaulting has made canonical. `name` is that of the field they stand in.
 */
export function semanticEqual(left: unknown, right: unknown, name = ''): boolean {
  return equalAt(name, left, right)
}

/** Booleans of the pod, service and volume types that are no pointers: false is the same as absent. */
const PLAIN_BOOLEANS: ReadonlySet<string> = new Set([
  'allowPrivileged',
  'chapAuthDiscovery',
  'chapAuthSession',
  'hostIPC',
  'hostNetwork',
  'hostPID',
  'publishNotReadyAddresses',
  'readOnly',
  'stdin',
  'stdinOnce',
  'tty',
  'unschedulable',
])

/** Numbers that are no pointers. */
const PLAIN_NUMBERS: ReadonlySet<string> = new Set(['hostPort', 'initialDelaySeconds', 'nodePort', 'partition'])

/** Texts that are pointers: the empty text says something. */
const POINTER_TEXTS: ReadonlySet<string> = new Set(['storageClassName', 'volumeAttributesClassName'])

/** Keys of these belong to users: an entry with an empty text is an entry. `selector` is a map where its values are texts. */
const MAPS: ReadonlySet<string> = new Set([
  'annotations',
  'binaryData',
  'data',
  'hard',
  'labels',
  'limits',
  'matchLabels',
  'nodeSelector',
  'options',
  'parameters',
  'requests',
  'stringData',
  'volumeAttributes',
])

/** Selectors that are pointers: the empty one selects everything, an absent one nothing or something else. */
const POINTER_SELECTORS: ReadonlySet<string> = new Set(['labelSelector', 'namespaceSelector', 'podSelector'])

function equalAt(name: string, left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (!isObject(left) || !isObject(right)) return isZero(name, left) && isZero(name, right)
  if (Array.isArray(left) || Array.isArray(right)) return Array.isArray(left) && equalLists(name, left, right)
  if (isMap(name, left) || isMap(name, right)) return deepEqual(left, right)
  for (const field in left) if (!equalAt(field, left[field], right[field])) return false
  for (const field in right) if (!(field in left) && !isZero(field, right[field])) return false
  return true
}

function equalLists(name: string, left: readonly unknown[], right: unknown): boolean {
  return (
    Array.isArray(right) &&
    left.length === right.length &&
    left.every((item, index) => equalAt(name, item, right[index]))
  )
}

function isZero(name: string, value: unknown): boolean {
  switch (typeof value) {
    case 'undefined':
      return true
    case 'boolean':
      return !value && PLAIN_BOOLEANS.has(name)
    case 'number':
      return value === 0 && PLAIN_NUMBERS.has(name)
    case 'string':
      return value === '' && !POINTER_TEXTS.has(name)
    case 'object':
      return !isObject(value) || isZeroObject(name, value)
    default:
      return false
  }
}

function isZeroObject(name: string, value: Readonly<Record<string, unknown>>): boolean {
  if (POINTER_SELECTORS.has(name)) return false
  const isStrict = Array.isArray(value) || isMap(name, value)
  for (const field in value) if (isStrict || !isZero(field, value[field])) return false
  return true
}

function isMap(name: string, value: Readonly<Record<string, unknown>>): boolean {
  if (MAPS.has(name)) return true
  if (name !== 'selector') return false
  for (const key in value) return typeof value[key] === 'string'
  return false
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
