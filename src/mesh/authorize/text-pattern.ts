/*
 * Values of policies: `*` is any text but the empty one, `*x` what ends so, `x*` what starts so, and all else itself.
 * Rules: istio/istio pilot/pkg/security/authz/matcher/string.go.
 */

export type TextTest = (text: string) => boolean

/** From so many on, looking up is quicker than comparing one after the other. */
const LOOKUP_MIN = 5

/** Whether a text is one of those that the values mean. */
export function textPatterns(values: readonly string[]): TextTest {
  const exact = values.filter((value) => !isPattern(value))
  const patterns = values.filter(isPattern).map(textPattern)
  return anyTextTest([...(exact.length < LOOKUP_MIN ? exact.map(textPattern) : [lookup(exact)]), ...patterns])
}

/** Of headers, for which the star only asks that they are there, be they empty. */
export function headerPatterns(values: readonly string[]): TextTest {
  return values.includes('*') ? () => true : textPatterns(values)
}

export function textPattern(value: string): TextTest {
  if (value === '*') return isSomeText
  if (value.startsWith('*')) {
    const end = value.slice(1)
    return (text) => text.endsWith(end)
  }
  if (value.endsWith('*')) {
    const start = value.slice(0, -1)
    return (text) => text.startsWith(start)
  }
  return (text) => text === value
}

export function anyTextTest(tests: readonly TextTest[]): TextTest {
  const [first, second, ...more] = tests
  if (first !== undefined && second === undefined) return first
  if (first !== undefined && second !== undefined && more.length === 0) return (text) => first(text) || second(text)
  return (text) => {
    for (const test of tests) if (test(text)) return true
    return false
  }
}

/** The star is `.+` upstream, and its dot is no new line. */
export function isSomeText(text: string): boolean {
  return text !== '' && !text.includes('\n')
}

function isPattern(value: string): boolean {
  return value.startsWith('*') || value.endsWith('*')
}

function lookup(values: readonly string[]): TextTest {
  const known = new Set(values)
  return (text) => known.has(text)
}
