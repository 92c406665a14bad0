/** What a log line may speak of. `draw` is uniform in [0, 1). */
export interface LineContext {
  readonly podName: string
  readonly podNamespace: string
  readonly podUid: string
  readonly podIp: string
  readonly nodeName: string
  readonly containerName: string
  readonly image: string
  readonly restartCount: number
  /** RFC 3339 with milliseconds. */
  readonly time: string
  /** 1 for the first line of a run. */
  readonly count: number
  readonly exitCode?: number
  /** Of a request that is being answered. */
  readonly request?: LineRequest
  readonly env: Readonly<Record<string, string>>
  readonly draw: () => number
}

export interface LineRequest {
  readonly method: string
  readonly path: string
  readonly host: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

export type LineTemplate = (context: LineContext) => string

type Part = string | LineTemplate

const FACTS: Readonly<Record<string, LineTemplate>> = {
  'pod.name': (context) => context.podName,
  'pod.namespace': (context) => context.podNamespace,
  'pod.uid': (context) => context.podUid,
  'pod.ip': (context) => context.podIp,
  'node.name': (context) => context.nodeName,
  'container.name': (context) => context.containerName,
  'container.image': (context) => context.image,
  restartCount: (context) => String(context.restartCount),
  time: (context) => context.time,
  count: (context) => String(context.count),
  exitCode: (context) => String(context.exitCode ?? ''),
  'request.method': (context) => context.request?.method ?? '',
  'request.path': (context) => context.request?.path ?? '',
  'request.host': (context) => context.request?.host ?? '',
}

/** Reads a template of a WorkloadModel's logs or answers once; the result writes lines. See `LogsSection` for what it replaces. */
export function compileLine(template: string): LineTemplate {
  const parts: Part[] = []
  let from = 0
  for (const match of template.matchAll(/\$(\$\([^()]*\))|\$\(([^()]*)\)/g)) {
    const [whole, escaped, name = ''] = match
    parts.push(template.slice(from, match.index), escaped ?? compileReference(name) ?? whole)
    from = match.index + whole.length
  }
  parts.push(template.slice(from))
  if (parts.every((part) => typeof part === 'string')) {
    const line = parts.join('')
    return () => line
  }
  return (context) => parts.map((part) => (typeof part === 'string' ? part : part(context))).join('')
}

function compileReference(name: string): Part | undefined {
  const fact = Object.hasOwn(FACTS, name) ? FACTS[name] : undefined
  if (fact !== undefined) return fact
  const colon = name.indexOf(':')
  const argument = name.slice(colon + 1)
  switch (name.slice(0, Math.max(colon, 0))) {
    case 'env':
      return (context) => context.env[argument] ?? `$(${name})`
    case 'request.header':
      return (context) => context.request?.headers[argument.toLowerCase()] ?? ''
    case 'number':
      return compileNumber(argument)
    case 'pick':
      return compilePick(argument)
    case 'hex':
      return compileHex(argument)
    default:
      return undefined
  }
}

function compileNumber(range: string): Part | undefined {
  const [, low = '', high = ''] = /^(\d{1,15})-(\d{1,15})$/.exec(range) ?? []
  if (low === '' || Number(high) < Number(low)) return undefined
  const span = Number(high) - Number(low) + 1
  return ({ draw }) => String(Number(low) + Math.floor(draw() * span))
}

function compilePick(list: string): Part | undefined {
  const choices = list.split(',')
  return ({ draw }) => choices[Math.floor(draw() * choices.length)] ?? ''
}

function compileHex(digits: string): Part | undefined {
  if (!/^[1-9]\d?$/.test(digits)) return undefined
  return ({ draw }) => Array.from({ length: Number(digits) }, () => Math.floor(draw() * 16).toString(16)).join('')
}
