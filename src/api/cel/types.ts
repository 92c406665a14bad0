/** The types of CEL, as the checker knows them. A type of a value at run time is one of these too. */
export type TypeKind =
  | 'any'
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'dyn'
  | 'error'
  | 'int'
  | 'list'
  | 'map'
  | 'null'
  | 'opaque'
  | 'string'
  | 'struct'
  | 'timestamp'
  | 'type'
  | 'typeParam'
  | 'uint'

export class CelType {
  readonly kind: TypeKind
  /** The name by which an expression refers to it: `list`, `google.protobuf.Duration`, the name of a struct or parameter. */
  readonly name: string
  readonly parameters: readonly CelType[]

  constructor(kind: TypeKind, name: string, parameters: readonly CelType[] = []) {
    this.kind = kind
    this.name = name
    this.parameters = parameters
  }
}

export const ANY = new CelType('any', 'google.protobuf.Any')
export const BOOL = new CelType('bool', 'bool')
export const BYTES = new CelType('bytes', 'bytes')
export const DOUBLE = new CelType('double', 'double')
export const DURATION = new CelType('duration', 'google.protobuf.Duration')
export const DYN = new CelType('dyn', 'dyn')
export const ERROR = new CelType('error', 'error')
export const INT = new CelType('int', 'int')
export const NULL = new CelType('null', 'null_type')
export const STRING = new CelType('string', 'string')
export const TIMESTAMP = new CelType('timestamp', 'google.protobuf.Timestamp')
export const TYPE = new CelType('type', 'type')
export const UINT = new CelType('uint', 'uint')

/** What `list` and `map` mean as names, and what values of them answer to `type()`. */
export const LIST = listType(DYN)
export const MAP = mapType(DYN, DYN)
export const OPTIONAL = new CelType('opaque', 'optional_type')

export function listType(element: CelType): CelType {
  return new CelType('list', 'list', [element])
}

export function mapType(key: CelType, value: CelType): CelType {
  return new CelType('map', 'map', [key, value])
}

export function optionalType(value: CelType): CelType {
  return new CelType('opaque', 'optional_type', [value])
}

export function typeOfType(inner: CelType): CelType {
  return new CelType('type', 'type', [inner])
}

export function typeParam(name: string): CelType {
  return new CelType('typeParam', name)
}

export function structType(name: string): CelType {
  return new CelType('struct', name)
}

export function opaqueType(name: string, ...parameters: CelType[]): CelType {
  return new CelType('opaque', name, parameters)
}

/** The `index`th parameter of a list, map or optional type; `dyn` where there is none. */
export function parameterOf(type: CelType, index: number): CelType {
  return type.parameters[index] ?? DYN
}

export function isDyn(type: CelType): boolean {
  return type.kind === 'dyn' || type.kind === 'any'
}

export function isOptional(type: CelType): boolean {
  return type.kind === 'opaque' && type.name === 'optional_type'
}

/** The type inside an optional, or the type itself. */
export function unwrapOptional(type: CelType): CelType {
  return isOptional(type) ? parameterOf(type, 0) : type
}

export function isSameType(left: CelType, right: CelType): boolean {
  return left === right || compareTypes(left, right, true)
}

/** Like `isSameType`, but whatever their names, two type parameters are alike. */
export function isEquivalentType(left: CelType, right: CelType): boolean {
  return left === right || compareTypes(left, right, false)
}

function compareTypes(left: CelType, right: CelType, withParameterNames: boolean): boolean {
  if (left.kind !== right.kind || left.parameters.length !== right.parameters.length) return false
  if (left.name !== right.name && (withParameterNames || left.kind !== 'typeParam')) return false
  return left.parameters.every((parameter, index) =>
    compareTypes(parameter, parameterOf(right, index), withParameterNames),
  )
}

/** Whether a value of type `from` can stand where `to` is asked for, without inference. */
export function isAssignable(to: CelType, from: CelType): boolean {
  if (to === from || isDyn(to)) return true
  if (to.kind !== from.kind || to.name !== from.name || to.parameters.length !== from.parameters.length) return false
  return to.parameters.every((parameter, index) => isAssignable(parameter, parameterOf(from, index)))
}

const PRINTED_NAMES: Readonly<Partial<Record<TypeKind, string>>> = {
  any: 'any',
  duration: 'duration',
  error: '!error!',
  null: 'null',
  timestamp: 'timestamp',
}

/** As messages of the checker print it: `map(string, int)`, `optional_type(int)`, `duration`. */
export function printType(type: CelType): string {
  const fixed = PRINTED_NAMES[type.kind]
  if (fixed !== undefined) return fixed
  if (type.parameters.length === 0) return type.name
  return `${type.name}(${type.parameters.map(printType).join(', ')})`
}
