// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000A-\u001F\u007F]/

/**
 * A value with Envoy's variables: `%START_TIME%`, `%REQ(["X-ID"])%`, and `%%` for a percent sign. Only the form is
 * looked at, as Envoy does itself (istio/istio pkg/config/validation/header_value_validator.go).
 */
export function headerValueProblem(value: string): string | undefined {
  if (CONTROL.test(value)) return `header value configuration ${value} is invalid`
  const problem = formatProblem(value)
  return problem === undefined ? undefined : `header value configuration: invalid header configuration. ${problem}`
}

type State =
  | 'literal'
  | 'variable name'
  | 'arguments'
  | 'argument'
  | 'quoted argument'
  | 'after argument'
  | 'after arguments'
  | 'after variable'

/** A character that cannot stand where it does. */
interface Misplaced {
  readonly expecting: string
}

function formatProblem(value: string): string | undefined {
  let state: State = 'literal'
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at)
    const isLast = at + 1 === value.length
    if (state === 'literal') {
      if (character !== '%') continue
      if (isLast) return 'Un-escaped %'
      if (value[at + 1] === '%') at++
      else state = 'variable name'
    } else if (state === 'argument' && character === '\\') {
      if (isLast) return 'Un-terminated backslash in JSON string'
      at++
    } else {
      const next: State | Misplaced = stateAfter(character, state)
      if (typeof next === 'object') return `Expecting ${next.expecting}`
      state = next
    }
  }
  return state === 'literal' ? undefined : `Un-terminated variable expression '${value}'`
}

function stateAfter(character: string, state: Exclude<State, 'literal'>): State | Misplaced {
  switch (state) {
    case 'variable name':
      return character === '%' ? 'literal' : character === '(' ? 'arguments' : state
    case 'arguments':
      return character === '[' ? 'quoted argument' : character === ' ' ? state : 'argument'
    case 'argument':
      return character === ')' ? 'after variable' : character === '"' ? 'after argument' : state
    case 'quoted argument':
      return character === '"' ? 'argument' : spaceIn(state, character, `'"'`)
    case 'after argument':
      if (character === ',') return 'quoted argument'
      return character === ']' ? 'after arguments' : spaceIn(state, character, "',', ']', or whitespace")
    case 'after arguments':
      if (character === ')') return 'after variable'
      return spaceIn(state, character, "')' or whitespace after '{}', but found '{}'")
    case 'after variable':
      return character === '%' ? 'literal' : spaceIn(state, character, "'%' or whitespace after")
  }
}

function spaceIn(state: State, character: string, expecting: string): State | Misplaced {
  return character === ' ' ? state : { expecting }
}
