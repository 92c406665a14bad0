import type { HttpMatch } from './http-match.ts'
import { portProblem } from './numbers.ts'
import { isGiven, type Maybe } from './problem.ts'
import { regexProblem } from './string-match.ts'

export interface HttpRedirect {
  readonly uri?: string
  readonly prefixRewrite?: string
  readonly authority?: string
  readonly port?: number
  readonly derivePort?: string
  readonly scheme?: string
  readonly redirectCode?: number
}

export interface HttpRewrite {
  readonly uri?: string
  readonly authority?: string
  readonly uriRegexRewrite?: Maybe<RegexRewrite>
}

export interface RegexRewrite {
  readonly match?: string
  readonly rewrite?: string
}

export function redirectProblem(
  redirect: Maybe<HttpRedirect>,
  matches: Maybe<readonly Maybe<HttpMatch>[]>,
): string | undefined {
  if (!isGiven(redirect)) return undefined
  const { uri = '', prefixRewrite = '', authority = '', scheme = '', redirectCode = 0, port = 0 } = redirect
  if (uri !== '' && prefixRewrite !== '') return 'redirect may only specify one of uri or prefix_rewrite'
  if (prefixRewrite !== '' && (matches ?? []).some(isForNoPrefix)) {
    return 'redirect prefix_rewrite requires all URI matches to use prefix match type'
  }
  const hasPort = redirect.port !== undefined || redirect.derivePort !== undefined
  if (uri === '' && prefixRewrite === '' && authority === '' && !hasPort && scheme === '') {
    return 'redirect must specify URI, authority, scheme, or port'
  }
  if (redirectCode !== 0 && (redirectCode < 300 || redirectCode > 399)) {
    return `${redirectCode} is not a valid redirect code, must be 3xx`
  }
  if (!['', 'http', 'https'].includes(scheme)) return 'invalid redirect scheme, must be "http" or "https"'
  return port > 0 ? portProblem(port) : undefined
}

function isForNoPrefix(match: Maybe<HttpMatch>): boolean {
  return isGiven(match?.uri) && match.uri.prefix === undefined
}

export function rewriteProblem(rewrite: Maybe<HttpRewrite>): string | undefined {
  if (!isGiven(rewrite)) return undefined
  const { uri = '', authority = '', uriRegexRewrite } = rewrite
  if (uri !== '' && isGiven(uriRegexRewrite)) return 'rewrite may only contain one of URI or UriRegexRewrite'
  if (uri === '' && authority === '' && !isGiven(uriRegexRewrite)) {
    const only = 'Only one of URI or UriRegexRewrite may be specified'
    return `rewrite must specify at least one of URI, UriRegexRewrite, or authority. ${only}`
  }
  const problem = regexRewriteProblem(uriRegexRewrite)
  return problem === undefined ? undefined : `UriRegexRewrite has errors\n${problem}`
}

export function regexRewriteProblem(rewrite: Maybe<RegexRewrite>): string | undefined {
  if (!isGiven(rewrite)) return undefined
  const { match = '', rewrite: replacement = '' } = rewrite
  if (match === '' || replacement === '') {
    return 'UriRegexRewrite requires both Rewrite and Match fields to be specified'
  }
  return regexProblem(match, 'HTTPRewrite.UriRegexRewrite.Match')
}
