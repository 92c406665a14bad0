import { isOnTrial } from '../../mesh/authorize/compiled-policy.ts'
import { printStructured } from '../structured.ts'
import { usage } from '../parse.ts'
import { claimsOf, headersOf, portFrom } from './asked-request.ts'
import { accessGrid } from './access-grid.ts'
import { accessOf, portOf } from './access.ts'
import { accessText, gridText } from './access-text.ts'
import { callerNamed, type CallerIdentity } from './callers.ts'
import { tableLines } from './layout.ts'
import { loadMesh } from './load-mesh.ts'
import type { MeshModel } from './mesh-model.ts'
import { assumedText, workloadNamed } from './parties.ts'
import { placeText } from './places.ts'
import { type PlainRule, plainRules } from './plain-rule.ts'
import { assumptionsText } from './route-text.ts'
import { ruleSummary } from './rule-text.ts'
import type { MeshCall } from './mesh-call.ts'
import { policiesOf } from './workload-policies.ts'
import type { MeshWorkload } from './workloads.ts'

const EXIT_DENIED = 1

/** `dabba mesh can CALLER TARGET [METHOD PATH]` */
export async function runCan({ operands, flags, out }: MeshCall): Promise<number> {
  const [callerText, targetText, method, path = '/', ...more] = operands
  if (flags['as-table']) return runGrid({ operands, flags, out })
  if (callerText === undefined || targetText === undefined || more.length > 0) {
    throw usage({ name: 'mesh' }, '`dabba mesh can` takes a CALLER, a TARGET, and perhaps a METHOD and a PATH')
  }
  const model = await loadMesh(flags, out)
  const caller = callerNamed(model, callerText, flags.ip)
  const { workload: target, isAssumed } = workloadNamed(model, targetText)
  const assumptions = [...model.assumptions, ...(isAssumed ? [assumedText(model, target)] : [])]
  if (method === undefined) return printRules({ model, caller, target }, { flags, out })
  const port = portOf(model, target, portFrom(flags.port))
  const [, bare = path, query] = /^([^?]*)(?:\?(.*))?$/.exec(path) ?? []
  const headers = headersOf(flags.header)
  const authority = headers['host'] ?? `${target.name}.${target.namespace}`
  const claims = flags.claim.length === 0 ? {} : { claims: claimsOf(flags.claim) }
  const request = {
    method,
    scheme: 'http',
    authority,
    path: bare,
    headers,
    ...claims,
    ...(query !== undefined && { query }),
  }
  const access = accessOf(model, { caller, target, port, request })
  if (flags.output !== undefined) out.line(printStructured({ ...access, assumptions }, flags.output))
  else {
    out.line(`${caller.title} to ${target.name}.${target.namespace}: ${method} ${path}`)
    for (const line of [...accessText(access, out), ...assumptionsText(assumptions, out)]) out.line(line)
  }
  return access.allowed ? 0 : EXIT_DENIED
}

/** `dabba mesh can --as-table [CALLER...] TARGET` */
async function runGrid({ operands, flags, out }: MeshCall): Promise<number> {
  const targetText = operands.at(-1)
  if (targetText === undefined) throw usage({ name: 'mesh' }, '`dabba mesh can --as-table` takes a TARGET')
  const model = await loadMesh(flags, out)
  const target = workloadNamed(model, targetText).workload
  const callers = operands.slice(0, -1).map((text) => callerNamed(model, text, flags.ip))
  const grid = accessGrid(model, target, callers)
  out.line(flags.output === undefined ? gridText(grid, out) : printStructured(grid, flags.output))
  return 0
}

interface Pair {
  readonly model: MeshModel
  readonly caller: CallerIdentity
  readonly target: MeshWorkload
}

/** Without a request: the rules that requests would be held against. */
function printRules({ model, caller, target }: Pair, { flags, out }: Pick<MeshCall, 'flags' | 'out'>): number {
  const port = portOf(model, target, undefined)
  const connection = accessOf(model, { caller, target, port, request: undefined })
  const rules = policiesOf(model, target).flatMap((policy) => {
    const { action = 'ALLOW' } = policy.spec ?? {}
    const own = plainRules(policy)
    const isTrial = isOnTrial(policy)
    const shown: readonly (PlainRule | null)[] = own.length === 0 ? [null] : own
    return shown.map((rule, index) => ({
      action,
      ...(isTrial && { dryRun: true }),
      policy: `${policy.metadata.namespace ?? 'default'}/${policy.metadata.name}`,
      rule: index,
      asks: rule === null ? 'nothing: it matches no request' : ruleSummary(rule),
      place: model.places.of(policy, rule === null ? ['spec'] : ['spec', 'rules', index]),
    }))
  })
  if (flags.output !== undefined) {
    out.line(printStructured({ caller: caller.title, connection, rules }, flags.output))
    return 0
  }
  out.line(out.bold(`Rules about calls from ${caller.title} to ${target.name}.${target.namespace}`))
  if (rules.length === 0) out.line('  There are none: every request is allowed.')
  const rows = rules.map(({ action, dryRun, policy, place, asks }) => [
    dryRun === true ? `${action} (on trial)` : action,
    policy,
    placeText(place),
    asks,
  ])
  for (const line of tableLines(rows, out)) out.line(line)
  for (const line of assumptionsText(model.assumptions, out)) out.line(line)
  return 0
}
