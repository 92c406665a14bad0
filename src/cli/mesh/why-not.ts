import type { PolicyContext } from '../../mesh/authorize/attribute.ts'
import { compileRule } from '../../mesh/authorize/rule.ts'
import type { AuthorizationCondition, AuthorizationRule } from '../../mesh/config/types/authorization-policy.ts'
import { headerOf } from '../../mesh/route/request.ts'
import type { PlainRule } from './plain-rule.ts'
import { type AccessQuestion, connectionOf } from './access-question.ts'
import type { FieldPath } from './places.ts'

/** What a rule of an ALLOW policy lacks to match, and which of its fields says so. */
export interface Lack {
  readonly path: FieldPath
  readonly why: string
}

/** Each field is tried alone, as the rule that it would make; the first that does not match is told. */
export function whyNot({ from, to, when }: PlainRule, question: AccessQuestion, context: PolicyContext): Lack {
  const matches = matcher(question, context)
  const noSource = from.length > 0 && !matches({ from: from.map((source) => ({ source })) })
  if (noSource)
    return lackOf(
      from.map((source, index) => ({ path: ['from', index, 'source'], fields: source })),
      {
        matches: (fields) => matches({ from: [{ source: fields }] }),
        question,
      },
    )
  const noOperation = to.length > 0 && !matches({ to: to.map((operation) => ({ operation })) })
  if (noOperation)
    return lackOf(
      to.map((operation, index) => ({ path: ['to', index, 'operation'], fields: operation })),
      {
        matches: (fields) => matches({ to: [{ operation: fields }] }),
        question,
      },
    )
  const index = when.findIndex((condition) => !matches({ when: [condition] }))
  const condition = when[index]
  if (condition !== undefined) return { path: ['when', index], why: conditionText(condition, question) }
  return { path: [], why: 'it asks for what there is only in HTTP, or for what nobody understands' }
}

type Matches = (rule: AuthorizationRule) => boolean

function matcher(question: AccessQuestion, context: PolicyContext): Matches {
  const connection = connectionOf(question)
  const { request } = question
  return (rule) => {
    const compiled = compileRule(rule, { ...context, forTcp: request === undefined, dropsFlawed: true })
    return compiled?.(connection, request) === true
  }
}

interface Alternative {
  readonly path: FieldPath
  readonly fields: Readonly<Record<string, readonly string[] | undefined>>
}

/** Of several alternatives, none of which matches, the one that comes nearest is told of. */
function lackOf(
  alternatives: readonly (Pick<Alternative, 'path'> & { readonly fields: object })[],
  at: { readonly matches: (fields: object) => boolean; readonly question: AccessQuestion },
): Lack {
  const failing = alternatives.map(({ path, fields }) => {
    const names = Object.keys(fields) as (keyof typeof fields)[]
    const lacking = names.filter((name) => !at.matches({ [name]: fields[name] }))
    return { path, fields: fields as Alternative['fields'], names, lacking }
  })
  const nearest = failing.toSorted((a, b) => a.lacking.length - b.lacking.length)[0]
  const name = nearest?.lacking[0] ?? ''
  const values = nearest?.fields[name] ?? []
  const others = alternatives.length > 1 ? `, and none of the other ${alternatives.length - 1} fits` : ''
  const why = `${fieldText(name, values)}: ${actualOf(name, at.question)}${others}`
  return { path: [...(nearest?.path ?? []), name], why }
}

function fieldText(name: string, values: readonly string[]): string {
  const listed = values.join(', ')
  return `${name} ${listed}`
}

function conditionText({ key, values = [], notValues = [] }: AuthorizationCondition, question: AccessQuestion): string {
  const wanted = [
    ...(values.length === 0 ? [] : [values.join(', ')]),
    ...(notValues.length === 0 ? [] : [`not ${notValues.join(', ')}`]),
  ].join(' and ')
  return `${key} ${wanted}: ${actualOf(key, question)}`
}

const HEADER_KEY = /^request\.headers\[(.+)\]$/

/** What the call has where the rule asks for something else. */
function actualOf(name: string, { caller, port, request, sni }: AccessQuestion): string {
  const header = HEADER_KEY.exec(name)?.[1]
  if (header !== undefined) return valueText(request && headerOf(request, header.toLowerCase()))
  const plain = name.replace(/^not([A-Z])/, (_, first: string) => first.toLowerCase())
  switch (plain) {
    case 'methods':
      return valueText(request?.method)
    case 'paths':
      return valueText(request?.path)
    case 'hosts':
      return valueText(request?.authority)
    case 'ports':
    case 'destination.port':
      return valueText(String(port))
    case 'ipBlocks':
    case 'source.ip':
    case 'remoteIpBlocks':
    case 'remote.ip':
      return valueText(caller.address)
    case 'connection.sni':
      return valueText(sni)
    default:
      return plain.startsWith('request') ? claimsText(request?.claims) : callerText(caller.principal)
  }
}

function valueText(value: string | undefined): string {
  return value === undefined ? 'it is not there' : `it is ${value}`
}

function claimsText(claims: unknown): string {
  return claims === undefined ? 'there is no token' : `the token says ${JSON.stringify(claims)}`
}

function callerText(principal: string | undefined): string {
  return principal === undefined ? 'the caller has no certificate' : `the caller is ${principal}`
}
