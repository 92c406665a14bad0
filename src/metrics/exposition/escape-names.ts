import { isValidMetricName } from '../model/names.ts'

/** What becomes of names that are not letters, digits and underscores, where the reader takes no others. */
export type EscapingScheme = 'allow-utf-8' | 'underscores' | 'dots' | 'values'

/** A name for a reader that only knows the old alphabet (prometheus/common: model/metric.go EscapeName). */
export function escapeName(name: string, scheme: EscapingScheme): string {
  if (name === '' || scheme === 'allow-utf-8') return name
  const isLegacy = isValidMetricName(name, 'legacy')
  if (isLegacy && scheme !== 'dots') return name
  const characters = Array.from(name)
  switch (scheme) {
    case 'underscores':
      return characters.map((each, index) => (isLegacyCharacter(each, index) ? each : '_')).join('')
    case 'dots':
      // A single underscore would read as one that stands for something.
      return characters
        .map((each, index) =>
          each === '_' ? '__' : each === '.' ? '_dot_' : isLegacyCharacter(each, index) ? each : '__',
        )
        .join('')
    default:
      return `U__${characters.map((each, index) => (each === '_' ? '__' : isLegacyCharacter(each, index) ? each : coded(each))).join('')}`
  }
}

function isLegacyCharacter(character: string, index: number): boolean {
  return index === 0 ? /^[a-zA-Z_:]$/.test(character) : /^[a-zA-Z0-9_:]$/.test(character)
}

function coded(character: string): string {
  return character.isWellFormed() ? `_${(character.codePointAt(0) ?? 0).toString(16)}_` : '_FFFD_'
}
