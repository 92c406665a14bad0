import { lexLabels, type LabelToken, type LabelTokenKind } from './label-lexer.ts'
import { EVERYTHING, LabelMatcher, SelectorError } from './label-matcher.ts'
import { validateKey, validateRequirement, type LabelOperator, type LabelRequirement } from './requirement.ts'

/**
 * Reads a selector as it stands in a URL or on a command line, such as `app=web,tier in (a,b),!legacy`.
 * Throws a `SelectorError` with the API server's words. After k8s.io/apimachinery pkg/labels/selector.go.
 */
export function parseLabelSelector(text: string): LabelMatcher {
  const requirements = new Parser(text).parse()
  return requirements.length === 0 ? EVERYTHING : new LabelMatcher(requirements)
}

/** Fields in messages: the API server knows no path for a selector in a URL, and Go prints none as this. */
const NO_PATH = '<nil>'

const OPERATOR_OF_TOKEN: Partial<Readonly<Record<LabelTokenKind, LabelOperator>>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
}

class Parser {
  readonly #tokens: readonly LabelToken[]
  #position = 0

  constructor(text: string) {
    this.#tokens = lexLabels(text)
  }

  parse(): readonly LabelRequirement[] {
    const requirements: LabelRequirement[] = []
    for (;;) {
      const { kind, literal } = this.#lookAhead()
      if (kind === 'end') return requirements
      if (kind !== 'identifier' && kind !== '!') {
        throw new SelectorError(`found '${literal}', expected: !, identifier, or 'end of string'`)
      }
      requirements.push(this.#requirement())
      const separator = this.#consume()
      if (separator.kind === 'end') return requirements
      if (separator.kind !== ',') {
        throw new SelectorError(`found '${separator.literal}', expected: ',' or 'end of string'`)
      }
      const next = this.#lookAhead()
      if (next.kind !== 'identifier' && next.kind !== '!') {
        throw new SelectorError(`found '${next.literal}', expected: identifier after ','`)
      }
    }
  }

  #requirement(): LabelRequirement {
    const negated = this.#lookAhead().kind === '!'
    if (negated) this.#consume()
    const key = this.#consume()
    if (key.kind !== 'identifier') throw unparsable(`found '${key.literal}', expected: identifier`)
    const [keyCause] = validateKey(key.literal, NO_PATH)
    if (keyCause !== undefined) throw unparsable(SelectorError.of([keyCause]).message)

    const next = this.#lookAhead().kind
    const isUnary = negated || next === 'end' || next === ','
    const requirement = isUnary
      ? { key: key.literal, operator: negated ? ('!' as const) : ('exists' as const), values: [] }
      : this.#comparison(key.literal)
    const causes = validateRequirement(requirement)
    if (causes.length > 0) throw unparsable(SelectorError.of(causes).message)
    return requirement
  }

  #comparison(key: string): LabelRequirement {
    const token = this.#consumeRaw()
    const operator = OPERATOR_OF_TOKEN[token.kind]
    if (operator === undefined) {
      throw unparsable(`found '${token.literal}', expected: in, notin, =, ==, !=, gt, lt`)
    }
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()]
    return { key, operator, values: [...new Set(values)].toSorted() }
  }

  /** `(a,b)`; `()` is the one empty value. */
  #values(): readonly string[] {
    const open = this.#consume()
    if (open.kind !== '(') throw unparsable(`found '${open.literal}' expected: '('`)
    const first = this.#lookAhead()
    if (first.kind === ')') {
      this.#consume()
      return ['']
    }
    if (first.kind !== 'identifier' && first.kind !== ',') {
      throw unparsable(`found '${first.literal}', expected: ',', ')' or identifier`)
    }
    const values = this.#identifiers()
    if (this.#consume().kind !== ')') throw unparsable(`found '${first.literal}', expected: ')'`)
    return values
  }

  /** Between commas nothing may stand, which is the empty value. */
  #identifiers(): readonly string[] {
    const values: string[] = []
    for (;;) {
      const token = this.#consume()
      if (token.kind === 'identifier') {
        values.push(token.literal)
        const next = this.#lookAhead()
        if (next.kind === ')') return values
        if (next.kind !== ',') throw unparsable(`found '${next.literal}', expected: ',' or ')'`)
        continue
      }
      if (token.kind !== ',') throw unparsable(`found '${token.literal}', expected: ',', or identifier`)
      const next = this.#lookAhead().kind
      if (values.length === 0 || next === ')' || next === ',') values.push('')
      if (next === ')') return values
    }
  }

  #exactValue(): string {
    const next = this.#lookAhead().kind
    if (next === 'end' || next === ',') return ''
    const token = this.#consume()
    if (token.kind !== 'identifier') throw unparsable(`found '${token.literal}', expected: identifier`)
    return token.literal
  }

  #lookAhead(): LabelToken {
    return asValue(this.#tokens[this.#position] ?? END)
  }

  #consume(): LabelToken {
    return asValue(this.#consumeRaw())
  }

  /** Keeps `in` and `notin` as the keywords that they are where an operator is expected. */
  #consumeRaw(): LabelToken {
    return this.#tokens[this.#position++] ?? END
  }
}

const END: LabelToken = { kind: 'end', literal: '' }

function asValue(token: LabelToken): LabelToken {
  return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', literal: token.literal } : token
}

function unparsable(why: string): SelectorError {
  return new SelectorError(`unable to parse requirement: ${why}`)
}
