import { parseDuration } from '../../../base/duration.ts'
import { checked, converted, mismatch, text, type YamlType } from '../../yaml/types.ts'
import { isNull, YamlError } from '../../yaml/nodes.ts'
import { type AlertMatcher, alertMatcher, compareMatchers } from '../matchers/alert-matcher.ts'
import { type MatcherMode, parseMatchers } from '../matchers/parse-matchers.ts'

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/** What stands in a printed configuration for what nobody is to read. */
export const SECRET = '<secret>'

/** An address of the web. */
export const url = checked(text, urlProblem)

/** An address that has a secret in it, and may be a template. */
export const templateUrl = checked(text, (value) => (value.includes('{{') ? undefined : secretUrlProblem(value)))

/** An address that is a secret. */
export const secretUrl = checked(text, secretUrlProblem)

function secretUrlProblem(value: string): string | undefined {
  return value === SECRET ? undefined : urlProblem(value)
}

function urlProblem(value: string): string | undefined {
  const [, scheme, host] = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?/.exec(value) ?? []
  if (scheme !== 'http' && scheme !== 'https') return `unsupported scheme ${JSON.stringify(scheme ?? '')} for URL`
  if (host === undefined || host === '') return 'missing host for URL'
  return URL.canParse(value) ? undefined : `parse ${JSON.stringify(value)}: invalid URL`
}

/** Milliseconds of a duration in Go's notation. */
export const goDuration = converted(text, (value): number => {
  const durationMs = parseDuration(value)
  if (durationMs === undefined) throw new Error(`time: invalid duration ${JSON.stringify(value)}`)
  return durationMs
})

/** `smtp.example.org:25` */
export const hostPort = checked(text, (value) => {
  if (value === '') return undefined
  const [, port] = /^(?:\[[^\]]*\]|[^:]*):([^:]*)$/.exec(value) ?? []
  if (port === undefined) return `address ${value}: missing port in address`
  return port === '' ? `address ${JSON.stringify(value)}: port cannot be empty` : undefined
})

/** `match`: labels that must have these values. */
export const equalities: YamlType<readonly AlertMatcher[]> = {
  read(node, report) {
    if (isNull(node)) return []
    if (node.kind !== 'map') return mismatch(node, 'map[string]string', report)
    return node.entries.map(({ key, value }) => {
      if (!LABEL_NAME.test(key.text))
        throw new YamlError(`invalid label name ${JSON.stringify(key.text)}`, { line: key.line })
      return alertMatcher(key.text, '=', text.read(value, report) ?? '')
    })
  },
}

/** `match_re`: labels that must match these patterns. */
export const patterns: YamlType<readonly AlertMatcher[]> = {
  read(node, report) {
    if (isNull(node)) return []
    if (node.kind !== 'map') return mismatch(node, 'map[string]string', report)
    return node.entries.map(({ key, value }) => {
      const name = JSON.stringify(key.text)
      if (!LABEL_NAME.test(key.text)) throw new YamlError(`invalid label name ${name}`, { line: key.line })
      if (isNull(value)) throw new YamlError(`invalid regexp value for ${name}`, { line: key.line })
      // Routes are named with the pattern as it is applied.
      return compiled(key.text, `^(?:${text.read(value, report) ?? ''})$`, key.line)
    })
  },
}

function compiled(name: string, pattern: string, line: number): AlertMatcher {
  try {
    return alertMatcher(name, '=~', pattern)
  } catch (failure) {
    throw new YamlError(failure instanceof Error ? failure.message : String(failure), { line, cause: failure })
  }
}

/** `matchers`: texts of one matcher or several. */
export function matcherList(mode: MatcherMode): YamlType<readonly AlertMatcher[]> {
  const line = converted(text, (value) => parseMatchers(value, mode))
  return {
    read(node, report) {
      if (isNull(node)) return []
      if (node.kind !== 'list') return mismatch(node, '[]string', report)
      return node.items.flatMap((item) => line.read(item, report) ?? []).sort(compareMatchers)
    },
  }
}
