/** Which names are allowed: `utf8` takes any text, `legacy` letters, digits and `_` (and `:` in names of metrics). */
export type NameValidationScheme = 'utf8' | 'legacy'

const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/
const LEGACY_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

export function isValidLabelName(name: string, scheme: NameValidationScheme): boolean {
  return scheme === 'legacy' ? LEGACY_LABEL.test(name) : name !== '' && name.isWellFormed()
}

export function isValidMetricName(name: string, scheme: NameValidationScheme): boolean {
  return scheme === 'legacy' ? LEGACY_METRIC.test(name) : name !== '' && name.isWellFormed()
}

const ESCAPED_NAME = /^U__((?:[a-zA-Z0-9:]|__|_[0-9a-f]{1,6}_)*)$/

/**
 * Undoes the escaping of names with letters that older systems refuse: `U__` in front, `__` for `_`, `_1F600_` for a
 * code point. What was not escaped so comes back as it is (prometheus/common model/metric.go UnescapeName).
 */
export function unescapeName(text: string): string {
  const [, escaped] = ESCAPED_NAME.exec(text) ?? []
  if (escaped === undefined) return text
  return escaped.replaceAll(/__|_([0-9a-f]+)_/g, (_whole, code: string | undefined) =>
    code === undefined ? '_' : String.fromCodePoint(Number.parseInt(code, 16)),
  )
}
