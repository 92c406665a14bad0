import {
  type CelType,
  DYN,
  isAssignable,
  isDyn,
  isSameType,
  listType,
  mapType,
  NULL,
  opaqueType,
  parameterOf,
  typeOfType,
  typeParam,
} from './types.ts'

/** What type parameters stand for, as the checker finds out. An attempt that fails leaves no trace. */
export class Substitutions {
  readonly #types = new Map<string, CelType>()
  readonly #trail: { readonly name: string; readonly before: CelType | undefined }[] = []
  #created = 0

  /** A type parameter that nothing is known of yet. */
  fresh(): CelType {
    return typeParam(`_var${this.#created++}`)
  }

  /** Whether `given` can stand where `wanted` is asked for; learns what that makes of type parameters. */
  assign(given: CelType, wanted: CelType): boolean {
    return this.#attempt(() => this.#assign(given, wanted))
  }

  assignAll(given: readonly CelType[], wanted: readonly CelType[]): boolean {
    return this.#attempt(() => this.#assignAll(given, wanted))
  }

  /** The type with all that is known filled in. Parameters of which nothing is known stay, or become `dyn`. */
  resolve(type: CelType, unknownAs: 'parameter' | 'dyn'): CelType {
    const known = type.kind === 'typeParam' ? this.#types.get(type.name) : undefined
    if (known !== undefined) return this.resolve(known, unknownAs)
    const inner = (index: number): CelType => this.resolve(parameterOf(type, index), unknownAs)
    switch (type.kind) {
      case 'typeParam':
        return unknownAs === 'dyn' ? DYN : type
      case 'list':
        return listType(inner(0))
      case 'map':
        return mapType(inner(0), inner(1))
      case 'opaque':
        return type.parameters.length === 0 ? type : opaqueType(type.name, ...type.parameters.map((_, at) => inner(at)))
      case 'type':
        return type.parameters.length === 0 ? type : typeOfType(inner(0))
      default:
        return type
    }
  }

  #attempt(change: () => boolean): boolean {
    const mark = this.#trail.length
    const succeeded = change()
    while (!succeeded && this.#trail.length > mark) {
      const step = this.#trail.pop()
      if (step === undefined) break
      if (step.before === undefined) this.#types.delete(step.name)
      else this.#types.set(step.name, step.before)
    }
    return succeeded
  }

  #learn(parameter: CelType, type: CelType): void {
    this.#trail.push({ name: parameter.name, before: this.#types.get(parameter.name) })
    this.#types.set(parameter.name, type)
  }

  #assignAll(given: readonly CelType[], wanted: readonly CelType[]): boolean {
    return given.length === wanted.length && given.every((type, index) => this.#assign(type, wanted[index] ?? DYN))
  }

  #assign(given: CelType, wanted: CelType): boolean {
    if (wanted.kind === 'typeParam') {
      const fit = this.#substitute(given, wanted)
      if (fit === 'fits') return true
      if (fit === 'taken') return false
    }
    if (given.kind === 'typeParam') return this.#substitute(wanted, given) === 'fits'
    if (isDyn(given) || isDyn(wanted) || given.kind === 'error' || wanted.kind === 'error') return true
    if (given.kind === 'null') return isNullable(wanted)
    if (wanted.kind === 'null') return isNullable(given)
    switch (given.kind) {
      case 'type':
        return wanted.kind === 'type'
      case 'opaque':
      case 'list':
      case 'map':
        return (
          given.kind === wanted.kind &&
          given.name === wanted.name &&
          this.#assignAll(given.parameters, wanted.parameters)
        )
      default:
        return isAssignable(wanted, given)
    }
  }

  /** Whether `parameter` can stand for `type`. `taken`: it stands for something that does not fit. */
  #substitute(type: CelType, parameter: CelType): 'fits' | 'taken' | 'no' {
    if (isSameType(type, parameter)) return 'fits'
    const known = this.#types.get(parameter.name)
    if (known === undefined) {
      if (this.#occursIn(parameter, type)) return 'no'
      this.#learn(parameter, type)
      return 'fits'
    }
    if (isSameType(type, known)) return 'fits'
    if (!this.#assign(type, known)) return 'taken'
    const general = mostGeneral(type, known)
    if (!this.#occursIn(parameter, general)) this.#learn(parameter, general)
    return 'fits'
  }

  /** Guards against types that contain themselves. */
  #occursIn(parameter: CelType, type: CelType): boolean {
    if (isSameType(parameter, type)) return true
    if (type.kind === 'typeParam') {
      const known = this.#types.get(type.name)
      return known !== undefined && this.#occursIn(parameter, known)
    }
    return type.parameters.some((inner) => this.#occursIn(parameter, inner))
  }
}

function isNullable(type: CelType): boolean {
  const { kind } = type
  const isReference =
    kind === 'opaque' || kind === 'struct' || kind === 'any' || kind === 'duration' || kind === 'timestamp'
  return isReference || isAssignable(type, NULL)
}

/** Of two types that fit each other, the one that says less. */
export function mostGeneral(left: CelType, right: CelType): CelType {
  return saysNoMore(left, right) ? left : right
}

function saysNoMore(left: CelType, right: CelType): boolean {
  if (isDyn(left) || left.kind === 'typeParam') return true
  if (isDyn(right) || right.kind === 'typeParam' || left.kind !== right.kind) return false
  switch (left.kind) {
    case 'type':
      return true
    case 'opaque':
    case 'list':
    case 'map':
      return (
        left.name === right.name &&
        left.parameters.length === right.parameters.length &&
        left.parameters.every((parameter, index) => saysNoMore(parameter, parameterOf(right, index)))
      )
    default:
      return isSameType(left, right)
  }
}
