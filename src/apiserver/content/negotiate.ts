import type { IncomingMessage } from 'node:http'
import { StatusError } from '../../api/errors.ts'
import { type Kind, VERBS } from '../../api/kind.ts'

/** A body's form: its encoding, and what the object is turned into first. */
export interface Negotiated {
  readonly encoding: Encoding
  readonly as: 'object' | 'table' | 'metadata' | 'metadataList'
  /** The version of a Table or of metadata: `v1` or `v1beta1`. */
  readonly version: string
  readonly pretty: boolean
}

type Encoding = 'json' | 'yaml' | 'protobuf'

/** In the server's own order: what comes first is preferred where a client takes anything. */
const ENCODINGS: readonly (readonly [type: string, encoding: Encoding])[] = [
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
  ['application/vnd.kubernetes.protobuf', 'protobuf'],
]
const TYPES: readonly string[] = ENCODINGS.map(([type]) => type)
/** YAML has no form in which one event could follow another. */
const STREAM_TYPES = TYPES.filter((type) => type !== 'application/yaml').map((type) => `${type};stream=watch`)

interface MediaRange {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
  readonly quality: number
}

/** What an endpoint can answer with; no kind for those that are no resource. */
export interface Endpoint {
  readonly kind?: Kind | undefined
  readonly verb?: string
}

/**
 * Picks the first form that a client asks for and that can be had; 406 where there is none
 * (k8s.io/apiserver pkg/endpoints/handlers/negotiation).
 */
export function negotiate(request: IncomingMessage, endpoint: Endpoint): Negotiated {
  const { accept } = request.headers
  const pretty = isReadByHumans(request)
  if (accept === undefined || accept === '') return { encoding: 'json', as: 'object', version: 'v1', pretty }
  const ranges = parseAccept(accept)
  if (!ranges.some(({ type }) => TYPES.some((one) => includes(type, one)))) throw notRepresentable(endpoint)
  for (const range of ranges) {
    for (const [type, encoding] of ENCODINGS) {
      if (!includes(range.type, type)) continue
      const form = formOf(range, encoding, endpoint)
      if (form !== undefined) return { ...form, pretty: pretty || range.parameters['pretty'] === '1' }
    }
  }
  throw notAcceptable(TYPES)
}

/** The same for the events of a watch. */
export function negotiateStream(request: IncomingMessage, endpoint: Endpoint): Negotiated {
  const form = negotiate(request, endpoint)
  if (form.encoding === 'yaml') throw notAcceptable(STREAM_TYPES)
  return form
}

function formOf(
  { parameters }: MediaRange,
  encoding: Encoding,
  endpoint: Endpoint,
): Omit<Negotiated, 'pretty'> | undefined {
  const { as, g, v, stream, sv } = parameters
  if (stream !== undefined && stream !== '' && (stream !== 'watch' || encoding === 'yaml')) return undefined
  if (sv !== undefined && sv !== '' && sv !== 'v1') return undefined
  const { kind } = endpoint
  if (as === undefined && g === undefined && v === undefined) {
    return encoding === 'protobuf' && kind?.custom === true ? undefined : { encoding, as: 'object', version: 'v1' }
  }
  if (kind === undefined || g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined
  if (as === 'PartialObjectMetadata') return { encoding, as: 'metadata', version: v }
  if (as === 'PartialObjectMetadataList') return { encoding, as: 'metadataList', version: v }
  if (as !== 'Table' || encoding === 'protobuf' || !hasTable(kind)) return undefined
  return { encoding, as: 'table', version: v }
}

/** Kinds that are only asked, such as reviews, have no rows. */
function hasTable(kind: Kind): boolean {
  return (kind.verbs ?? VERBS).includes('get')
}

/** Browsers and command lines get text that is easy to read (negotiate.go isPrettyPrint). */
function isReadByHumans({ url = '', headers }: IncomingMessage): boolean {
  if (url.includes('pretty')) {
    const text = new URLSearchParams(url.replace(/^[^?]*/, '')).get('pretty') ?? ''
    if (text !== '') return /^(?:1|t|T|true|TRUE|True)$/.test(text)
  }
  return /^(?:curl|Wget|Mozilla\/5\.0)/.test(headers['user-agent'] ?? '')
}

function notAcceptable(types: readonly string[]): StatusError {
  return new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`)
}

/** Upstream's router refuses these for built-in kinds, before any handler has a say. */
function notRepresentable({ kind, verb }: Endpoint): StatusError {
  if (kind === undefined || kind.custom === true) return notAcceptable(TYPES)
  const available = verb === 'list' || verb === 'watch' ? [...TYPES, ...STREAM_TYPES] : TYPES
  const message = `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`
  return new StatusError(406, 'NotAcceptable', message, {})
}

/** Best first; of equals the more particular, as Go's autoneg sorts them. */
export function parseAccept(accept: string): readonly MediaRange[] {
  const ranges = accept.split(',').map(parseRange)
  return ranges.toSorted((a, b) => b.quality - a.quality || starsOf(a) - starsOf(b))
}

function starsOf({ type }: MediaRange): number {
  return type.startsWith('*/') ? 2 : type.endsWith('/*') ? 1 : 0
}

function includes(range: string, type: string): boolean {
  return range === type || range === '*/*' || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
}

function parseRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim())
  const parameters: Record<string, string> = {}
  for (const part of rest) {
    const [name = '', value = ''] = part.split('=')
    parameters[name.trim().toLowerCase()] = value.trim().replace(/^"|"$/g, '')
  }
  const { q, ...others } = parameters
  const quality = Number(q ?? '1')
  return { type: type.toLowerCase(), parameters: others, quality: Number.isFinite(quality) ? quality : 0 }
}
