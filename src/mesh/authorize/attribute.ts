import { contains, parseRange } from '../proxy/ip-range.ts'
import { claimMatches, valueMatches } from '../route/claims.ts'
import { headerOf, type MeshRequest } from '../route/request.ts'
import type { Condition, PeerConnection } from './connection.ts'
import { headerPatterns, type TextTest, textPattern, textPatterns } from './text-pattern.ts'

/** One thing to ask about a connection or a request. */
export interface Attribute {
  /** Whether only HTTP has it. */
  readonly isHttp: boolean
  /** Values that mean nothing are passed over, or bring the rule down with them. */
  isUsable(value: string): boolean
  /** Whether it is one of the values, all of which are usable. */
  compile(values: readonly string[], context: PolicyContext): Condition
}

/** What values are understood by. */
export interface PolicyContext {
  /** Of the policy. */
  readonly namespace: string
  /** The mesh's own and its aliases. */
  readonly trustDomains: readonly string[]
}

const PORT_MAX = 65_535

/** What a certificate says of the caller; nothing fits where there was none. */
export function identity(patterns: (values: readonly string[], context: PolicyContext) => TextTest): Attribute {
  return {
    isHttp: false,
    isUsable: isAnything,
    compile(values, context) {
      const test = patterns(values, context)
      return (connection) => connection.principal !== undefined && test(connection.principal)
    },
  }
}

/** A text of the connection. */
export function text(of: (connection: PeerConnection) => string): Attribute {
  return {
    isHttp: false,
    isUsable: isAnything,
    compile(values) {
      const test = textPatterns(values)
      return (connection) => test(of(connection))
    },
  }
}

export const port: Attribute = {
  isHttp: false,
  isUsable: (value) => /^\d+$/.test(value) && Number(value) <= PORT_MAX,
  compile(values) {
    const ports = new Set(values.map(Number))
    return ({ destinationPort }) => ports.has(destinationPort)
  },
}

/** What only a request has. */
export function http(compile: Attribute['compile'], isUsable: Attribute['isUsable'] = isAnything): Attribute {
  return { isHttp: true, isUsable, compile }
}

export function address(of: (connection: PeerConnection, request: MeshRequest | undefined) => string): Attribute {
  return {
    isHttp: false,
    isUsable: isRange,
    compile(values) {
      const isIn = inRanges(values)
      return (connection, request) => isIn(of(connection, request))
    },
  }
}

function isRange(value: string): boolean {
  return parseRange(value) !== undefined
}

/** Requests of one connection come from one address: what was said of the last one is kept. */
function inRanges(values: readonly string[]): TextTest {
  const ranges = values.flatMap((value) => parseRange(value) ?? [])
  let lastText = ''
  let lastAnswer = false
  return (text) => {
    if (text === lastText) return lastAnswer
    const parsed = parseRange(text)
    lastText = text
    lastAnswer = parsed !== undefined && ranges.some((range) => contains(range, parsed))
    return lastAnswer
  }
}

/** `path` is undefined where the key is malformed: then no value is usable. */
export function claim(path: readonly string[] | undefined): Attribute {
  return http(
    (values) => {
      const test = textPatterns(values)
      return (_, request) => claimMatches(request?.claims, path ?? [], test)
    },
    () => path !== undefined,
  )
}

export function header(brackets: string): Attribute {
  const isNamed = brackets.startsWith('[') && brackets.endsWith(']')
  const name = brackets.slice(1, -1).toLowerCase()
  return http(
    (values) => {
      const test = headerPatterns(values)
      return (_, request) => {
        const value = request && headerOf(request, name)
        return value !== undefined && test(value)
      }
    },
    () => isNamed,
  )
}

/** `envoy.filters.a.b[c]`: the key `c` of what the filter noted; values in brackets look into lists. */
export function filterMetadata(key: string): Attribute {
  const [filter = '', name] = (key.endsWith(']') ? key.slice(0, -1) : key).split(/\[(.*)/s)
  return {
    isHttp: false,
    isUsable: () => name !== undefined,
    compile(values) {
      const tests = values.map((value) => {
        const isList = value.startsWith('[') && value.endsWith(']')
        const test = textPattern(isList ? value.replace(/^[[\]]+|[[\]]+$/g, '') : value)
        return (noted: unknown) => Array.isArray(noted) === isList && valueMatches(noted, test)
      })
      return ({ metadata }) => {
        const noted = metadata?.[filter]?.[name ?? '']
        return tests.some((test) => test(noted))
      }
    },
  }
}

function isAnything(): boolean {
  return true
}
