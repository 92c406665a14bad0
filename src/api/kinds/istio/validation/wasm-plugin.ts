import { type GoUrl, parseRequestUri, parseUrl, UrlError } from '../../../cel/library/go-url.ts'
import { countOf, error, errorOf, isGiven, type Maybe, type Problem } from './problem.ts'
import { type Targeted, validateTargets } from './selectors.ts'

export interface WasmPlugin extends Targeted, WasmModule {
  readonly match?: Maybe<readonly Maybe<TrafficSelector>[]>
}

/** The program that a filter runs. */
interface WasmModule {
  readonly url?: string
  readonly sha256?: string
  readonly imagePullSecret?: string
  readonly pluginName?: string
  readonly vmConfig?: Maybe<{ readonly env?: Maybe<readonly Maybe<EnvironmentVariable>[]> }>
}

interface EnvironmentVariable {
  readonly name?: string
  readonly value?: string
  readonly valueFrom?: string
}

interface TrafficSelector {
  readonly ports?: Maybe<readonly Maybe<{ readonly number?: number }>[]>
}

export interface TrafficExtension extends Omit<Targeted, 'targetRef'> {
  readonly wasm?: Maybe<WasmModule>
  readonly lua?: Maybe<{ readonly inlineCode?: string }>
  readonly match?: Maybe<readonly Maybe<TrafficSelector>[]>
}

const SECRET_NAME_MAX = 253
const NAME_MAX = 256
const LUA_MAX_BYTES = 65_536
const PORT_MAX = 65_535

export function* validateWasmPlugin(plugin: WasmPlugin): Generator<Problem> {
  yield* validateTargets(plugin)
  // Upstream's limit is one more than its text says.
  yield* validateModule(plugin, { nameMaxSaid: 255 })
  yield* errorOf(matchProblem(plugin.match))
}

export function* validateTrafficExtension(extension: TrafficExtension): Generator<Problem> {
  const { wasm, lua, match } = extension
  if (isGiven(wasm) === isGiven(lua)) yield error('exactly one of wasm or lua must be set')
  yield* validateTargets(extension)
  if (isGiven(lua)) {
    const { inlineCode = '' } = lua
    if (inlineCode === '') yield error('lua.inlineCode cannot be empty')
    else if (Buffer.byteLength(inlineCode) > LUA_MAX_BYTES) {
      yield error('lua.inlineCode exceeds maximum size of 64KB')
    }
  }
  if (isGiven(wasm)) yield* validateModule(wasm, { nameMaxSaid: 256 })
  yield* errorOf(matchProblem(match))
}

function* validateModule(module: WasmModule, { nameMaxSaid }: { readonly nameMaxSaid: number }): Generator<Problem> {
  const { url = '', sha256 = '', imagePullSecret = '', pluginName = '', vmConfig } = module
  yield* errorOf(urlProblem(url))
  if (sha256 !== '' && sha256.length !== 64) yield error('sha256 field must be 64 characters long')
  else if (!/^[a-f0-9]*$/.test(sha256)) yield error('sha256 field must match [a-f0-9]{64} pattern')
  if (imagePullSecret.length > SECRET_NAME_MAX) {
    yield error(`imagePullSecret field must be less than ${SECRET_NAME_MAX} characters long`)
  }
  if (pluginName.length > NAME_MAX) {
    yield error(`pluginName field must be less than ${nameMaxSaid} characters long`)
  }
  if (countOf(vmConfig?.env) > 0) yield* errorOf(environmentProblem(vmConfig?.env ?? []))
}

const SCHEMES: readonly string[] = ['', 'file', 'http', 'https', 'oci']

function urlProblem(url: string): string | undefined {
  if (url === '') return 'url field needs to be set'
  try {
    const { scheme } = readUrl(url)
    return SCHEMES.includes(scheme) ? undefined : `url contains unsupported scheme: ${scheme}`
  } catch (failure) {
    if (failure instanceof UrlError) return failure.message
    throw failure
  }
}

/** An image may be named without a scheme, as `docker.io/acme/filter:1.0`. */
function readUrl(text: string): GoUrl {
  const read = (url: string): GoUrl => {
    const parsed = parseRequestUri(url)
    try {
      parseUrl(url)
    } catch (failure) {
      if (!(failure instanceof UrlError)) throw failure
      throw new StrictUrlError(`failed to strict parse url: ${failure.message}`)
    }
    return parsed
  }
  try {
    return read(text)
  } catch (failure) {
    if (failure instanceof StrictUrlError) throw failure
    try {
      return read(`http://${text}`)
    } catch (second) {
      if (second instanceof StrictUrlError) throw second
      throw new UrlError(`failed to parse url: ${(failure as UrlError).message}`)
    }
  }
}

class StrictUrlError extends UrlError {}

function environmentProblem(env: readonly Maybe<EnvironmentVariable>[]): string | undefined {
  const names = new Set<string>()
  for (const variable of env.filter(isGiven)) {
    const { name = '', value = '', valueFrom = 'INLINE' } = variable
    if (name === '') return 'spec.vmConfig.env invalid'
    if (name.length > NAME_MAX) return 'env.name field must be less than 255 characters long'
    if (names.has(name)) return 'duplicate env'
    names.add(name)
    if (valueFrom !== 'INLINE' && value !== '') return 'value may only be set when valueFrom is INLINE'
  }
  return undefined
}

function matchProblem(selectors: Maybe<readonly Maybe<TrafficSelector>[]>): string | undefined {
  for (const [index, selector] of (selectors ?? []).entries()) {
    if (!isGiven(selector)) return `spec.Match[${index}] is nil`
    for (const [portIndex, port] of (selector.ports ?? []).entries()) {
      const place = `spec.Match[${index}].Ports[${portIndex}]`
      if (!isGiven(port)) return `${place} is nil`
      const { number = 0 } = port
      if (number <= 0 || number > PORT_MAX) return `${place} is out of range: ${number}`
    }
  }
  return undefined
}
