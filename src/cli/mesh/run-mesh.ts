import type { Output } from '../command.ts'
import { usage } from '../parse.ts'
import { printStructured } from '../structured.ts'
import { askedRequest, portFrom } from './asked-request.ts'
import { explainRoute } from './explain-route.ts'
import { explainTable } from './explain-table.ts'
import { loadMesh } from './load-mesh.ts'
import type { MeshCall, MeshFlags } from './mesh-call.ts'
import { runDiff } from './diff/run-diff.ts'
import { runCan } from './run-can.ts'
import { routeText } from './route-text.ts'
import { tableText } from './table-text.ts'

const EXIT_REFUSED = 1

const QUESTIONS: Readonly<Record<string, (call: MeshCall) => Promise<number>>> = {
  route,
  can: runCan,
  table,
  diff: runDiff,
}

/** `dabba mesh QUESTION …`. */
export function runMesh(operands: readonly string[], flags: MeshFlags, out: Output): Promise<number> {
  const [question = '', ...rest] = operands
  const answer = Object.hasOwn(QUESTIONS, question) ? QUESTIONS[question] : undefined
  if (answer !== undefined) return answer({ operands: rest, flags, out })
  const known = Object.keys(QUESTIONS).join(', ')
  throw usage({ name: 'mesh' }, `\`dabba mesh\` knows ${known}${question === '' ? '' : `, not "${question}"`}`)
}

/** `dabba mesh route --from WORKLOAD URL` */
async function route({ operands, flags, out }: MeshCall): Promise<number> {
  const [url, ...more] = operands
  if (url === undefined || more.length > 0) throw usage({ name: 'mesh' }, '`dabba mesh route` takes one URL')
  const asked = askedRequest(url, flags)
  const model = await loadMesh(flags, out)
  const explanation = explainRoute(model, flags.from ?? 'ingress', asked)
  out.line(
    flags.output === undefined
      ? routeText(explanation, { all: flags.all, out })
      : printStructured(explanation, flags.output),
  )
  return explanation.outcome.kind === 'refuse' ? EXIT_REFUSED : 0
}

/** `dabba mesh table HOST` */
async function table({ operands, flags, out }: MeshCall): Promise<number> {
  const [operand, ...more] = operands
  if (operand === undefined || more.length > 0) throw usage({ name: 'mesh' }, '`dabba mesh table` takes one HOST')
  const [, host = operand, port] = /^(.*?)(?::(\d+))?$/.exec(operand) ?? []
  const model = await loadMesh(flags, out)
  const asked = { host: host.toLowerCase(), port: portFrom(port) }
  const found = explainTable(model, flags.from ?? 'ingress', asked)
  out.line(flags.output === undefined ? tableText(found, out) : printStructured(found, flags.output))
  return found.virtualHost === undefined && found.connections.length === 0 ? EXIT_REFUSED : 0
}
