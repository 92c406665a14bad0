/**
 * Whether two parts of an object mean the same to the API: k8s.io/apimachinery pkg/api/equality Semantic.DeepEqual over
 * upstream's types, where a field that is no pointer cannot tell absent from zero. Quantities and times are compared as
 * the texts that defaulting has made canonical.
 */
export function semanticEqual(left: unknown, right: unknown): boolean {
  return equalAt('', left, right)
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

function equalAt(name: string, left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (isZero(name, left)) return isZero(name, right)
  if (isZero(name, right)) return false
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) || Array.isArray(right)) return Array.isArray(left) && equalLists(name, left, right)
  const one = left as Record<string, unknown>
  const other = right as Record<string, unknown>
  for (const field in one) if (!equalAt(field, one[field], other[field])) return false
  for (const field in other) if (!(field in one) && !isZero(field, other[field])) return false
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
      return value === null || isEmpty(value)
    default:
      return false
  }
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false
  return true
}
