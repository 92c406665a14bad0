import type { FunctionDeclaration, Library, Overload } from '../declarations.ts'
import { compareTexts } from '../equality.ts'
import { BOOL, type CelType, INT, STRING, structType } from '../types.ts'
import { CelError, errorOr, opaque, type Value } from '../values.ts'
import { estimateRead, NOMINAL, readCost } from './search-cost.ts'

interface Version {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly prerelease: readonly string[]
}

const SEMVER_TYPE = structType('kubernetes.Semver')
const Semver = opaque<Version>({ type: SEMVER_TYPE, equal: (left, right) => compareVersions(left, right) === 0 })

const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'
const VERSION = new RegExp(`^(\\d+)\\.(\\d+)\\.(\\d+)(?:-(${IDENTIFIERS}))?(?:\\+${IDENTIFIERS})?$`)

function parseVersion(text: string): Version | CelError {
  if (text === '') return new CelError('Version string empty')
  const parts = text.split('.')
  if (parts.length < 3) return new CelError('No Major.Minor.Patch elements found')
  const match = VERSION.exec(text)
  if (match === null) return new CelError(`Invalid character(s) found in version ${JSON.stringify(text)}`)
  const [, major = '', minor = '', patch = '', prerelease] = match
  for (const [name, digits] of Object.entries({ Major: major, Minor: minor, Patch: patch })) {
    if (hasLeadingZero(digits))
      return new CelError(`${name} number must not contain leading zeroes ${JSON.stringify(digits)}`)
  }
  const identifiers = prerelease?.split('.') ?? []
  const zeros = identifiers.find((identifier) => /^\d+$/.test(identifier) && hasLeadingZero(identifier))
  if (zeros !== undefined) {
    return new CelError(`Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(zeros)}`)
  }
  return { major: BigInt(major), minor: BigInt(minor), patch: BigInt(patch), prerelease: identifiers }
}

function hasLeadingZero(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0')
}

/** `v1.2`, `01.2.3`: what people write. */
function normalize(text: string): string | CelError {
  const parts = text.replace(/^v/, '').split('.')
  const [major = '', minor, ...rest] = parts
  const three = [major, ...(minor === undefined ? [] : [minor]), ...(rest.length === 0 ? [] : [rest.join('.')])]
  const trimmed = three.map(withoutLeadingZeros)
  if (trimmed.length < 3 && /[+-]/.test(trimmed.at(-1) ?? '')) {
    return new CelError('short version cannot contain PreRelease/Build meta data')
  }
  return [...trimmed, '0', '0'].slice(0, 3).join('.')
}

function withoutLeadingZeros(part: string): string {
  if (part.length <= 1) return part
  const stripped = part.replace(/^0+/, '')
  return /^\d/.test(stripped) ? stripped : `0${stripped}`
}

function read(text: Value, lenient: Value): Version | CelError {
  if (typeof text !== 'string') return errorOr(text)
  if (typeof lenient !== 'boolean') return errorOr(lenient)
  const normalized = lenient ? normalize(text) : text
  return normalized instanceof CelError ? normalized : parseVersion(normalized)
}

function compareVersions(left: Version, right: Version): number {
  for (const part of ['major', 'minor', 'patch'] as const) {
    if (left[part] !== right[part]) return left[part] < right[part] ? -1 : 1
  }
  return comparePrereleases(left.prerelease, right.prerelease)
}

/** A version without one is later than any with one. */
function comparePrereleases(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return Math.sign(right.length - left.length)
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const order = compareIdentifiers(left[index] ?? '', right[index] ?? '')
    if (order !== 0) return order
  }
  return Math.sign(left.length - right.length)
}

function compareIdentifiers(left: string, right: string): number {
  const [isLeftNumber, isRightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)]
  if (isLeftNumber !== isRightNumber) return isLeftNumber ? -1 : 1
  if (!isLeftNumber) return compareTexts(left, right)
  return BigInt(left) === BigInt(right) ? 0 : BigInt(left) < BigInt(right) ? -1 : 1
}

function fromText(id: string, result: CelType, run: (version: Version | CelError, text: Value) => Value): Overload[] {
  return [
    { id, args: [STRING], result, run: (text = null) => run(read(text, false), text) },
    {
      id: id.startsWith('is_') ? `${id}_bool` : 'string_bool_to_semver',
      args: [STRING, BOOL],
      result,
      run: (text = null, lenient = null) => run(read(text, lenient), text),
    },
  ]
}

function part(name: 'major' | 'minor' | 'patch'): FunctionDeclaration {
  const overload: Overload = {
    id: `semver_${name}`,
    member: true,
    args: [SEMVER_TYPE],
    result: INT,
    run: (value = null) => Semver.read(value)?.[name] ?? errorOr(value),
  }
  return { ...NOMINAL, name, overloads: [overload] }
}

function comparison(name: string, id: string, result: CelType, read: (order: number) => Value): FunctionDeclaration {
  const overload: Overload = {
    id,
    member: true,
    args: [SEMVER_TYPE, SEMVER_TYPE],
    result,
    run: (left = null, right = null) => {
      const a = Semver.read(left)
      const b = Semver.read(right)
      if (a === undefined) return errorOr(left)
      return b === undefined ? errorOr(right) : read(compareVersions(a, b))
    },
  }
  return { ...NOMINAL, name, overloads: [overload] }
}

const READ = { cost: readCost, estimate: estimateRead }

/** k8s.io/apiserver pkg/cel/library/semverlib.go, version 1. */
export const SEMVER_LIBRARY: Library = {
  functions: [
    {
      ...READ,
      name: 'semver',
      overloads: fromText('string_to_semver', SEMVER_TYPE, (version) =>
        version instanceof CelError ? version : Semver.of(version),
      ),
    },
    {
      ...READ,
      name: 'isSemver',
      overloads: fromText('is_semver_string', BOOL, (version, text) =>
        typeof text === 'string' ? !(version instanceof CelError) : errorOr(text),
      ),
    },
    comparison('isGreaterThan', 'semver_is_greater_than', BOOL, (order) => order > 0),
    comparison('isLessThan', 'semver_is_less_than', BOOL, (order) => order < 0),
    comparison('compareTo', 'semver_compare_to', INT, (order) => BigInt(order)),
    part('major'),
    part('minor'),
    part('patch'),
  ],
}
