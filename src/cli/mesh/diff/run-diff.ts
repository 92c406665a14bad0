import type { Output } from '../../command.ts'
import { usage } from '../../parse.ts'
import { printStructured } from '../../structured.ts'
import { readManifests } from '../../up/manifests.ts'
import type { MeshCall } from '../mesh-call.ts'
import { modelOfFiles } from '../mesh-model.ts'
import { type Change, type Difference, diffMesh, type MeshDifference } from './diff-mesh.ts'

const EXIT_DIFFERENT = 1

/** `dabba mesh diff A B` */
export function runDiff({ operands, flags, out }: MeshCall): Promise<number> {
  const [before, after, ...more] = operands
  if (before === undefined || after === undefined || more.length > 0) {
    throw usage({ name: 'mesh' }, '`dabba mesh diff` takes two files or folders')
  }
  const { namespace, strict } = flags
  const model = (path: string) => modelOfFiles(readManifests([path]), { namespace, assumes: !strict })
  const found = diffMesh(model(before), model(after))
  out.line(flags.output === undefined ? diffText(found, out) : printStructured(found, flags.output))
  return Promise.resolve(found.differences.length === 0 ? 0 : EXIT_DIFFERENT)
}

/** For people: below each host what was, and what is. */
function diffText({ differences, compared }: MeshDifference, out: Output): string {
  const byHost = Map.groupBy(differences, ({ host }) => host)
  const lines = [...byHost].flatMap(([host, own]) => [
    out.bold(host),
    ...own.flatMap((one) => differenceLines(one, out)),
    '',
  ])
  const count = differences.length === 1 ? '1 difference' : `${differences.length} differences`
  return [...lines, `${differences.length === 0 ? 'No difference' : count} in ${compared} kinds of requests`].join('\n')
}

function differenceLines({ request, alike, callers, changes }: Difference, out: Output): readonly string[] {
  const { method, url, headers } = request
  const with_ = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const more = alike === 0 ? '' : out.paint('dim', `   and ${alike} more like it`)
  return [
    `  ${method} ${url}${with_.length === 0 ? '' : `   ${with_.join(', ')}`}${more}`,
    `    from ${callers.join(', ')}`,
    ...changes.flatMap((change) => changeLines(change, out)),
  ]
}

function changeLines({ what, before, after }: Change, out: Output): readonly string[] {
  const label = what.padEnd('destination'.length)
  return [out.paint('red', `    - ${label}  ${before}`), out.paint('green', `    + ${label}  ${after}`)]
}
