import { goQuote } from '../../../../base/go-quote.ts'
import { parseUrl, UrlError } from '../../../cel/library/go-url.ts'
import { durationProblem } from './durations.ts'
import { strictHeaderProblem } from './header-names.ts'
import { readKeySet } from './json-web-keys.ts'
import { isGiven, listedError, type Maybe, type Problem, warning } from './problem.ts'
import { type Targeted, validateTargets } from './selectors.ts'

export interface RequestAuthentication extends Targeted {
  readonly jwtRules?: Maybe<readonly Maybe<JwtRule>[]>
}

interface JwtRule {
  readonly issuer?: string
  readonly audiences?: Maybe<readonly string[]>
  readonly jwksUri?: string
  readonly jwks?: string
  readonly fromHeaders?: Maybe<readonly Maybe<{ readonly name?: string }>[]>
  readonly fromParams?: Maybe<readonly string[]>
  readonly fromCookies?: Maybe<readonly string[]>
  readonly outputClaimToHeaders?: Maybe<readonly Maybe<{ readonly header?: string; readonly claim?: string }>[]>
  readonly timeout?: string
}

export function* validateRequestAuthentication(authentication: RequestAuthentication): Generator<Problem> {
  yield* validateTargets(authentication)
  for (const rule of (authentication.jwtRules ?? []).filter(isGiven)) {
    for (const text of problemsOf(rule)) yield listedError(text)
    yield* warnOfPrivateKeys(rule)
  }
}

/** Each error of a rule stands in a list, even alone. */
function* problemsOf(rule: JwtRule): Generator<string> {
  const { issuer = '', jwksUri = '', jwks = '' } = rule
  for (const audience of rule.audiences ?? []) if (audience === '') yield 'audience must be non-empty string'
  if (issuer === '' && jwksUri === '') yield 'issuer or jwksUri must be non-empty string'
  if (jwksUri !== '') yield* given(jwksUriProblem(jwksUri))
  if (jwks !== '') {
    const { problem } = readKeySet(jwks)
    if (problem !== undefined) yield `jwks parse error: ${problem}`
  }
  yield* locationProblems(rule)
  for (const output of rule.outputClaimToHeaders ?? []) {
    const { header = '', claim = '' } = output ?? {}
    if (!isGiven(output)) yield 'outputClaimToHeaders must not be null'
    else if (header === '' || claim === '') {
      yield 'outputClaimToHeaders header and claim value must be non-empty string'
    } else yield* given(strictHeaderProblem(header))
  }
  if (isGiven(rule.timeout)) yield* given(durationProblem(rule.timeout))
}

/** Where in a request the token is. */
function* locationProblems({ fromHeaders, fromParams, fromCookies }: JwtRule): Generator<string> {
  for (const location of fromHeaders ?? []) {
    if (!isGiven(location)) yield 'location header name must be non-null'
    else if ((location.name ?? '') === '') yield 'location header name must be non-empty string'
  }
  for (const location of fromParams ?? []) if (location === '') yield 'location query must be non-empty string'
  for (const location of fromCookies ?? []) if (location === '') yield 'cookie name must be non-empty string'
}

function jwksUriProblem(uri: string): string | undefined {
  try {
    const { scheme } = parseUrl(uri)
    return ['http', 'https'].includes(scheme) ? undefined : `URI scheme ${goQuote(scheme)} is not supported`
  } catch (failure) {
    if (failure instanceof UrlError) return failure.message
    throw failure
  }
}

function* warnOfPrivateKeys({ jwks = '' }: JwtRule): Generator<Problem> {
  if (jwks === '') return
  for (const index of readKeySet(jwks).privateKeys) {
    const why = 'only public keys are used for verification'
    yield warning(`jwks key at index ${index} contains private key material; ${why}`)
  }
}

function* given(text: string | undefined): Generator<string> {
  if (text !== undefined) yield text
}
