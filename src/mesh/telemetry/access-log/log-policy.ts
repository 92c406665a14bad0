import type { MeshConfig } from '../../config/mesh-config.ts'
import type { ExtensionProvider } from '../../config/types/extension-provider.ts'
import type { AccessLoggingRule } from '../../config/types/telemetry.ts'
import { Expression } from '../expression.ts'
import { isFor } from '../metric-policy.ts'
import type { Side } from '../series.ts'
import {
  DEFAULT_JSON_FORMAT,
  DEFAULT_TEXT_FORMAT,
  type JsonFields,
  jsonFormat,
  type LogFormat,
  LogFormatError,
  textFormat,
} from './log-format.ts'

/** One log of a proxy: where, in which form, and of what. */
export interface AccessLog {
  readonly path: string
  readonly format: LogFormat
  /** Absent: everything is logged. */
  readonly filter?: Expression
}

/** The provider that is there without being defined. */
const BUILTIN = 'envoy'
const STDOUT = '/dev/stdout'

/**
 * The logs of one side of a proxy, by the names of their providers. `rules` from the widest to the narrowest. Where they
 * lead to no provider at all the mesh's own file is written, whatever they say: so does Istio.
 * Rules: istio/istio pilot/pkg/model/telemetry.go `mergeLogs`.
 */
export function accessLogs(
  rules: readonly AccessLoggingRule[],
  { mesh, side }: { readonly mesh: MeshConfig; readonly side: Side },
): readonly AccessLog[] {
  const own = rules.filter(({ match }) => isFor(match?.mode, side))
  const chosen = chosenProviders(own, mesh.defaultProviders?.accessLogging ?? [])
  if (chosen.size === 0) return mesh.accessLogFile ? [meshLog(mesh, mesh.accessLogFile)] : []
  return [...chosen].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, how]) => logOf(name, how, mesh))
}

interface Chosen {
  readonly isDisabled: boolean
  readonly filter: string
}

/** Whom a proxy logs to. A filter is that of the last rule that names the provider, wherever it is chosen. */
function chosenProviders(
  rules: readonly AccessLoggingRule[],
  defaults: readonly string[],
): ReadonlyMap<string, Chosen> {
  if (rules.length === 0) return new Map(defaults.map((name) => [name, { isDisabled: false, filter: '' }]))
  const naming = new Map(
    rules.flatMap(({ providers = [], filter }) =>
      providers.map(({ name }) => [name, filter?.expression ?? ''] as const),
    ),
  )
  const lastNaming = rules.findLast(({ providers = [] }) => providers.length > 0)
  const inScope = new Set(lastNaming?.providers?.map(({ name }) => name) ?? defaults)
  const chosen = new Map<string, Chosen>()
  let inherited = defaults
  for (const { providers = [], disabled = false } of rules) {
    if (providers.length > 0) inherited = providers.map(({ name }) => name)
    for (const name of inherited) {
      if (inScope.has(name)) chosen.set(name, { isDisabled: disabled, filter: naming.get(name) ?? '' })
    }
  }
  return chosen
}

function logOf(name: string, { isDisabled, filter: source }: Chosen, mesh: MeshConfig): readonly AccessLog[] {
  if (isDisabled) return []
  const provider = mesh.extensionProviders?.find((candidate) => candidate.name === name)
  const log = provider === undefined ? builtinLog(name, mesh) : fileLog(provider)
  if (log === undefined) return []
  const filter = source === '' ? undefined : Expression.of(source)
  return [{ ...log, ...(filter && { filter }) }]
}

function builtinLog(name: string, mesh: MeshConfig): AccessLog | undefined {
  return name === BUILTIN ? meshLog(mesh, STDOUT) : undefined
}

function meshLog({ accessLogFormat = '', accessLogEncoding = 'TEXT' }: MeshConfig, path: string): AccessLog {
  const format =
    accessLogEncoding === 'JSON'
      ? orDefault(() => jsonFormat(fieldsOf(accessLogFormat)), jsonFormat(DEFAULT_JSON_FORMAT))
      : textOrDefault(accessLogFormat, {})
  return { path, format }
}

/** Providers of other kinds tell other services, and write no file. */
function fileLog({ envoyFileAccessLog }: ExtensionProvider): AccessLog | undefined {
  if (envoyFileAccessLog === undefined) return undefined
  const { path = STDOUT, logFormat = {}, omitEmptyValues = false } = envoyFileAccessLog
  const { text = '', labels } = logFormat
  const options = { omitEmptyValues }
  if (labels === undefined) return { path, format: textOrDefault(text, options) }
  const fields = Object.keys(labels).length === 0 ? DEFAULT_JSON_FORMAT : labels
  return { path, format: orDefault(() => jsonFormat(fields, options), jsonFormat(DEFAULT_JSON_FORMAT, options)) }
}

/** A format that does not end its line has it ended, as Istio does. */
function textOrDefault(format: string, options: { readonly omitEmptyValues?: boolean }): LogFormat {
  if (format === '') return textFormat(DEFAULT_TEXT_FORMAT, options)
  const line = format.endsWith('\n') ? format : `${format}\n`
  return orDefault(() => textFormat(line, options), textFormat(DEFAULT_TEXT_FORMAT, options))
}

/** A proxy that was told of a format that it cannot read goes on as it was. */
function orDefault(make: () => LogFormat, otherwise: LogFormat): LogFormat {
  try {
    return make()
  } catch (error) {
    if (error instanceof LogFormatError || error instanceof SyntaxError) return otherwise
    throw error
  }
}

function fieldsOf(text: string): JsonFields {
  return text === '' ? DEFAULT_JSON_FORMAT : (JSON.parse(text) as JsonFields)
}
