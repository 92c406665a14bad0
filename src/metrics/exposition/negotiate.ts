import type { EscapingScheme } from './escape-names.ts'
import type { ExposedFamily } from './exposed-family.ts'
import { writeOpenMetrics } from './write-openmetrics.ts'
import { writeProtobuf } from './write-protobuf.ts'
import { writeText } from './write-text.ts'

/** A page in the format that a reader asked for. */
export interface ExpositionPage {
  readonly contentType: string
  readonly body: string | Uint8Array
}

interface Offer {
  readonly mediaType: string
  readonly parameters: ReadonlyMap<string, string>
  readonly weight: number
}

/** Answers by an `Accept` header (prometheus/common: expfmt/encode.go); without one, in the text format. */
export function writeExposition(
  families: readonly ExposedFamily[],
  accept: string | undefined,
  options: { openMetrics?: boolean } = {},
): ExpositionPage {
  for (const { mediaType, parameters } of offersOf(accept ?? '')) {
    const escaping = escapingOf(parameters.get('escaping'))
    const suffix = `; escaping=${escaping}`
    const version = parameters.get('version') ?? ''
    if (mediaType === PROTOBUF && parameters.get('encoding') === 'delimited') {
      if (parameters.get('proto') !== FAMILY) continue
      const contentType = `${PROTOBUF}; proto=${FAMILY}; encoding=delimited${suffix}`
      return { contentType, body: writeProtobuf(families) }
    }
    if (mediaType === 'text/plain' && (version === '' || version === '0.0.4' || version === '1.0.0')) {
      return textPage(families, { escaping, version: version || '0.0.4' })
    }
    if (mediaType === OPEN_METRICS && options.openMetrics !== false && OPEN_METRICS_VERSIONS.has(version)) {
      const shown = version || '0.0.1'
      const contentType = `${OPEN_METRICS}; version=${shown}; charset=utf-8${suffix}`
      return { contentType, body: writeOpenMetrics(families, escaping) }
    }
  }
  return textPage(families, { escaping: 'underscores', version: '0.0.4' })
}

const PROTOBUF = 'application/vnd.google.protobuf'
const FAMILY = 'io.prometheus.client.MetricFamily'
const OPEN_METRICS = 'application/openmetrics-text'
const OPEN_METRICS_VERSIONS: ReadonlySet<string> = new Set(['', '0.0.1', '1.0.0'])

function textPage(
  families: readonly ExposedFamily[],
  { escaping, version }: { escaping: EscapingScheme; version: string },
): ExpositionPage {
  const contentType = `text/plain; version=${version}; charset=utf-8; escaping=${escaping}`
  return { contentType, body: writeText(families, escaping) }
}

/** What is accepted, the most wanted first. */
function offersOf(accept: string): readonly Offer[] {
  const offers = accept.split(',').map((part): Offer => {
    const [mediaType = '', ...rest] = part.split(';').map((each) => each.trim())
    const parameters = new Map(
      rest.map((each) => {
        const [name = '', value = ''] = each.split('=')
        return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')] as const
      }),
    )
    const weight = Number(parameters.get('q') ?? 1)
    return { mediaType: mediaType.toLowerCase(), parameters, weight: Number.isNaN(weight) ? 0 : weight }
  })
  return offers.sort((a, b) => b.weight - a.weight)
}

function escapingOf(given: string | undefined): EscapingScheme {
  return given === 'allow-utf-8' || given === 'dots' || given === 'values' ? given : 'underscores'
}
