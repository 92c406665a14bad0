import {
  CHARACTER_COST,
  type EstimatedCall,
  fixed,
  LIST_COST,
  type Range,
  scaled,
  STRUCT_COST,
  sum,
  actualSize,
} from '../cost.ts'
import type { FunctionDeclaration, Library, Overload } from '../declarations.ts'
import { BOOL, type CelType, STRING, structType } from '../types.ts'
import { CelError, errorOr, opaque, type Opaque, type Value } from '../values.ts'
import { NOMINAL } from './search-cost.ts'

/** What an expression asks to be allowed. */
export interface AuthorizationQuestion {
  readonly serviceAccount?: { readonly namespace: string; readonly name: string }
  readonly verb: string
  /** A path of the API, or else a resource. */
  readonly path?: string
  readonly group?: string
  readonly resource?: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly fieldSelector?: string
  readonly labelSelector?: string
}

export interface AuthorizationAnswer {
  readonly allowed: boolean
  readonly reason: string
  readonly error?: string
}

/** Answers at once, as expressions cannot wait. */
export type Authorize = (question: AuthorizationQuestion) => AuthorizationAnswer

type Question = Omit<AuthorizationQuestion, 'verb'>
interface Asking {
  readonly authorize: Authorize
  readonly question: Question
}

const AUTHORIZER_TYPE = structType('kubernetes.authorization.Authorizer')
const PATH_CHECK_TYPE = structType('kubernetes.authorization.PathCheck')
const GROUP_CHECK_TYPE = structType('kubernetes.authorization.GroupCheck')
const RESOURCE_CHECK_TYPE = structType('kubernetes.authorization.ResourceCheck')
const DECISION_TYPE = structType('kubernetes.authorization.Decision')

const Authorizer = opaque<Asking>({ type: AUTHORIZER_TYPE })
const PathCheck = opaque<Asking>({ type: PATH_CHECK_TYPE })
const GroupCheck = opaque<Asking>({ type: GROUP_CHECK_TYPE })
const ResourceCheck = opaque<Asking>({ type: RESOURCE_CHECK_TYPE })
const Decision = opaque<AuthorizationAnswer>({ type: DECISION_TYPE })

export const AUTHORIZER = AUTHORIZER_TYPE
export const RESOURCE_CHECK = RESOURCE_CHECK_TYPE

/** The value of the variable `authorizer`. */
export function authorizerValue(authorize: Authorize): Opaque {
  return Authorizer.of({ authorize, question: {} })
}

/** The value of the variable `authorizer.requestResource`. */
export function requestResourceValue(authorize: Authorize, question: Question): Opaque {
  return ResourceCheck.of({ authorize, question })
}

interface Opaquely {
  of(asking: Asking): Opaque
  read(value: Value): Asking | undefined
}

/** `check.name('…')`: the question with one thing more. */
function step(
  id: string,
  { from, fromType, to, toType }: { from: Opaquely; fromType: CelType; to: Opaquely; toType: CelType },
  extend: (text: string, more: string) => Question | CelError,
  argCount = 1,
): Overload {
  return {
    id,
    member: true,
    args: [fromType, ...Array.from({ length: argCount }, () => STRING)],
    result: toType,
    run: (value = null, text = null, more = '') => {
      const asking = from.read(value)
      if (asking === undefined) return errorOr(value)
      if (typeof text !== 'string' || typeof more !== 'string') return errorOr(text)
      const added = extend(text, more)
      return added instanceof CelError ? added : to.of({ ...asking, question: { ...asking.question, ...added } })
    },
  }
}

const RESOURCE_STEP = {
  from: ResourceCheck,
  fromType: RESOURCE_CHECK_TYPE,
  to: ResourceCheck,
  toType: RESOURCE_CHECK_TYPE,
}

function resourceStep(name: string, extend: (text: string) => Question): FunctionDeclaration {
  return { ...NOMINAL, name, overloads: [step(`resourcecheck_${name}`, RESOURCE_STEP, extend)] }
}

function check(id: string, from: Opaquely, fromType: CelType): Overload {
  return {
    id,
    member: true,
    args: [fromType, STRING],
    result: DECISION_TYPE,
    run: (value = null, verb = null) => {
      const asking = from.read(value)
      if (asking === undefined) return errorOr(value)
      return typeof verb === 'string' ? Decision.of(asking.authorize({ ...asking.question, verb })) : errorOr(verb)
    },
  }
}

function decisionMember(
  name: string,
  result: CelType,
  read: (answer: AuthorizationAnswer) => Value,
): FunctionDeclaration {
  const overload: Overload = {
    id: `decision_${name}`,
    member: true,
    args: [DECISION_TYPE],
    result,
    run: (value = null) => {
      const answer = Decision.read(value)
      return answer === undefined ? errorOr(value) : read(answer)
    },
  }
  return { ...NOMINAL, name, overloads: [overload] }
}

/** A check is dear, so that one expression can afford two: k8s.io/apiserver pkg/cel/library/cost.go. */
const CHECK_COST = 350_000

/** The shortest requirement of a selector has two characters, and needs a list and a struct. */
function selectorCost(length: Range): Range {
  const requirements = scaled(scaled(length, 0.5), LIST_COST + STRUCT_COST)
  return sum(fixed(LIST_COST), scaled(length, CHARACTER_COST), requirements)
}

function selector(name: 'fieldSelector' | 'labelSelector'): FunctionDeclaration {
  return {
    name,
    cost: ([, text]) => selectorCost(fixed(actualSize(text ?? null))).max,
    estimate: ({ args: [text], sizeOf }: EstimatedCall) =>
      text === undefined ? undefined : { cost: selectorCost(sizeOf(text)) },
    overloads: [step(`authorizer_${name.toLowerCase()}`, RESOURCE_STEP, (text) => ({ [name]: text }))],
  }
}

/** k8s.io/apiserver pkg/cel/library/authz.go */
export const AUTHORIZER_LIBRARY: Library = {
  functions: [
    {
      ...NOMINAL,
      name: 'path',
      overloads: [
        step(
          'authorizer_path',
          { from: Authorizer, fromType: AUTHORIZER_TYPE, to: PathCheck, toType: PATH_CHECK_TYPE },
          (path) => (path === '' ? new CelError('path must not be empty') : { path }),
        ),
      ],
    },
    {
      ...NOMINAL,
      name: 'group',
      overloads: [
        step(
          'authorizer_group',
          { from: Authorizer, fromType: AUTHORIZER_TYPE, to: GroupCheck, toType: GROUP_CHECK_TYPE },
          (group) => ({ group }),
        ),
      ],
    },
    {
      ...NOMINAL,
      name: 'serviceAccount',
      overloads: [
        step(
          'authorizer_serviceaccount',
          { from: Authorizer, fromType: AUTHORIZER_TYPE, to: Authorizer, toType: AUTHORIZER_TYPE },
          (namespace, name) => ({ serviceAccount: { namespace, name } }),
          2,
        ),
      ],
    },
    {
      ...NOMINAL,
      name: 'resource',
      overloads: [
        step(
          'groupcheck_resource',
          { from: GroupCheck, fromType: GROUP_CHECK_TYPE, to: ResourceCheck, toType: RESOURCE_CHECK_TYPE },
          (resource) => (resource === '' ? new CelError('resource must not be empty') : { resource }),
        ),
      ],
    },
    resourceStep('subresource', (subresource) => ({ subresource })),
    resourceStep('namespace', (namespace) => ({ namespace })),
    resourceStep('name', (name) => ({ name })),
    selector('fieldSelector'),
    selector('labelSelector'),
    {
      name: 'check',
      cost: () => CHECK_COST,
      estimate: () => ({ cost: fixed(CHECK_COST) }),
      overloads: [
        check('pathcheck_check', PathCheck, PATH_CHECK_TYPE),
        check('resourcecheck_check', ResourceCheck, RESOURCE_CHECK_TYPE),
      ],
    },
    decisionMember('allowed', BOOL, ({ allowed }) => allowed),
    decisionMember('reason', STRING, ({ reason }) => reason),
    decisionMember('errored', BOOL, ({ error }) => error !== undefined),
    decisionMember('error', STRING, ({ error = '' }) => error),
  ],
}
