import { goQuote } from '../../base/go-quote.ts'
import { ConvertingParser } from './converting-parser.ts'
import { ExpositionError, type ExpositionOptions, type ExpositionParser } from './exposition-parser.ts'
import { OpenMetricsParser } from './openmetrics-parser.ts'
import { ProtobufParser } from './protobuf-parser.ts'
import { TextParser } from './text-parser.ts'

/** Formats by the name that `scrape_protocols` and `fallback_scrape_protocol` give them (prometheus: config/config.go). */
export const SCRAPE_PROTOCOLS = {
  PrometheusProto: 'application/vnd.google.protobuf',
  'PrometheusText0.0.4': 'text/plain',
  'PrometheusText1.0.0': 'text/plain',
  'OpenMetricsText0.0.1': 'application/openmetrics-text',
  'OpenMetricsText1.0.0': 'application/openmetrics-text',
} as const

export type ScrapeProtocol = keyof typeof SCRAPE_PROTOCOLS

/** Chooses the parser by what the target says it sent; throws when it does not say, and no fallback is configured. */
export function openExposition(
  body: Uint8Array,
  options: ExpositionOptions & { contentType: string; fallbackProtocol?: ScrapeProtocol },
): ExpositionParser {
  const fallback = options.fallbackProtocol === undefined ? undefined : SCRAPE_PROTOCOLS[options.fallbackProtocol]
  switch (mediaTypeOf(options.contentType, fallback)) {
    case 'application/openmetrics-text':
      return converting(new OpenMetricsParser(body, options), options)
    case 'application/vnd.google.protobuf':
      return new ProtobufParser(body, options)
    default:
      return converting(new TextParser(body, options), options)
  }
}

type MediaType = (typeof SCRAPE_PROTOCOLS)[ScrapeProtocol]

function mediaTypeOf(contentType: string, fallback: MediaType | undefined): MediaType {
  const [mediaType = ''] = contentType.split(';')
  const known = mediaType.trim().toLowerCase()
  if (isMediaType(known)) return known
  if (fallback !== undefined) return fallback
  if (contentType === '') {
    throw new ExpositionError(
      'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target',
    )
  }
  if (!/^[\w!#$&^.+-]+(?:\/[\w!#$&^.+-]+)?$/.test(known)) {
    throw new ExpositionError(
      `cannot parse Content-Type ${goQuote(contentType)} and no fallback_scrape_protocol for target`,
    )
  }
  throw new ExpositionError(
    `received unsupported Content-Type ${goQuote(contentType)} and no fallback_scrape_protocol specified for target`,
  )
}

function isMediaType(text: string): text is MediaType {
  return Object.values(SCRAPE_PROTOCOLS).some((type) => type === text)
}

function converting(parser: ExpositionParser, options: ExpositionOptions): ExpositionParser {
  if (options.convertClassicHistograms !== true) return parser
  return new ConvertingParser(parser, { keepClassic: options.keepClassicHistograms ?? false })
}
