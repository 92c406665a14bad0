import { StatusError } from '../../api/errors.ts'

/** A body's form: its encoding, and what the object is turned into first. */
export interface Negotiated {
  readonly encoding: 'json' | 'yaml' | 'protobuf'
  readonly as: 'object' | 'table' | 'metadata'
  /** What a Table's rows carry beside their cells comes from the query; this is only the version, `v1` or `v1beta1`. */
  readonly version: string
  readonly pretty: boolean
}

const ENCODINGS: Readonly<Record<string, Negotiated['encoding']>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
  '*/*': 'json',
  'application/*': 'json',
}

const ACCEPTED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

interface MediaRange {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
  readonly quality: number
}

/** Picks the first form that a client asks for and that can be had. 406 with the accepted list otherwise. */
export function negotiate(accept: string | undefined, options: { isWatch?: boolean } = {}): Negotiated {
  const ranges =
    accept === undefined || accept === '' ? [{ type: '*/*', parameters: {}, quality: 1 }] : parseAccept(accept)
  for (const range of ranges) {
    const encoding = ENCODINGS[range.type]
    if (encoding === undefined) continue
    const { as, g, v, pretty } = range.parameters
    const form = { encoding, version: v ?? 'v1', pretty: pretty === '1' }
    if (as === undefined) return { ...form, as: 'object' }
    if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) continue
    if (as === 'Table' && encoding !== 'protobuf') return { ...form, as: 'table' }
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { ...form, as: 'metadata' }
  }
  throw notAcceptable(options.isWatch === true ? ACCEPTED.map((type) => `${type};stream=watch`) : ACCEPTED)
}

export function notAcceptable(types: readonly string[]): StatusError {
  return new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`)
}

export function parseAccept(accept: string): readonly MediaRange[] {
  const ranges = accept.split(',').map(parseRange)
  return ranges.toSorted((a, b) => b.quality - a.quality)
}

function parseRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim())
  const parameters: Record<string, string> = {}
  for (const part of rest) {
    const [name = '', value = ''] = part.split('=')
    parameters[name.trim().toLowerCase()] = value.trim().replace(/^"|"$/g, '')
  }
  const quality = Number(parameters['q'] ?? '1')
  return { type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 }
}
