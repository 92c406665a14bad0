import type { Output } from '../../command.ts'
import { usage } from '../../parse.ts'
import { printStructured } from '../../structured.ts'
import { readManifests } from '../../up/manifests.ts'
import type { MeshCall } from '../mesh-call.ts'
import { type MeshModel, modelOfFiles } from '../mesh-model.ts'
import { type Change, type Difference, diffMesh, type MeshDifference } from './diff-mesh.ts'

const EXIT_DIFFERENT = 1
/** More than these is no longer read. */
const CALLERS_SHOWN_MAX = 8

/** `dabba mesh diff A B` */
export function runDiff({ operands, flags, out }: MeshCall): Promise<number> {
  const [before, after, ...more] = operands
  if (before === undefined || after === undefined || more.length > 0) {
    throw usage({ name: 'mesh' }, '`dabba mesh diff` takes two files or folders')
  }
  if (flags.filename.length > 0) {
    throw usage({ name: 'mesh' }, '`dabba mesh diff` takes its files as operands, A and B, and no -f')
  }
  const { namespace, strict } = flags
  const model = (path: string): MeshModel => {
    const read = modelOfFiles(readManifests([path]), { namespace, assumes: !strict })
    for (const warning of read.warnings) out.note(`warning: ${warning}`)
    return read
  }
  const found = diffMesh(model(before), model(after))
  out.line(flags.output === undefined ? diffText(found, out) : printStructured(found, flags.output))
  return Promise.resolve(found.differences.length === 0 ? 0 : EXIT_DIFFERENT)
}

/** For people: below each host what was, and what is. */
function diffText({ differences, compared, untouched }: MeshDifference, out: Output): string {
  const byHost = Map.groupBy(differences, ({ host }) => host)
  const lines = [...byHost].flatMap(([host, own]) => [
    out.bold(host),
    ...own.flatMap((one) => differenceLines(one, out)),
    '',
  ])
  const count = differences.length === 1 ? '1 difference' : `${differences.length} differences`
  const kinds = `${differences.length === 0 ? 'No difference' : count} in ${compared} kinds of requests`
  const rest =
    untouched === 0
      ? ''
      : `; nothing that bears on ${untouched === 1 ? '1 other host' : `${untouched} other hosts`} has changed`
  return [...lines, kinds + rest].join('\n')
}

function differenceLines({ request, alike, callers, changes }: Difference, out: Output): readonly string[] {
  const { method, url, headers } = request
  const with_ = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const more = alike === 0 ? '' : out.paint('dim', `   and ${alike} more like it`)
  return [
    `  ${method} ${url}${with_.length === 0 ? '' : `   ${with_.join(', ')}`}${more}`,
    `    from ${callersText(callers)}`,
    ...changes.flatMap((change) => changeLines(change, out)),
  ]
}

/** Data has them all. */
function callersText(callers: readonly string[]): string {
  const more = callers.length - CALLERS_SHOWN_MAX
  return more <= 1 ? callers.join(', ') : `${callers.slice(0, CALLERS_SHOWN_MAX).join(', ')} and ${more} more`
}

function changeLines({ what, before, after }: Change, out: Output): readonly string[] {
  const label = what.padEnd('destination'.length)
  return [out.paint('red', `    - ${label}  ${before}`), out.paint('green', `    + ${label}  ${after}`)]
}
