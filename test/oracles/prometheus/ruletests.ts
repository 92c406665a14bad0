import { join } from 'node:path'
import type { Expr } from '../../../src/metrics/promql/syntax/ast.ts'
import { parseQuery } from '../../../src/metrics/promql/syntax/parse.ts'
import { runRuleTests } from '../../../src/metrics/rules/unit-tests/run-rule-tests.ts'
import { RealClock } from '../../../src/world/real-clock.ts'
import { RealDisk } from '../../../src/world/real-disk.ts'
import { isRecord } from '../lossless-json.ts'
import { Mismatch, type Oracle } from '../oracle.ts'

/** ruletests/index.json: files of unit tests for rules, as promtool runs them. */
export const oracle: Oracle = {
  open(_document, folder) {
    return async ({ input, expect }) => {
      const files = (input['files'] as string[]).map((file) => join(folder, 'files', file))
      const lines: string[] = []
      const passed = await runRuleTests(files, {
        disk: new RealDisk(),
        clock: new RealClock(),
        run: ((input['run'] ?? []) as string[]).map((pattern) => new RegExp(pattern)),
        ignoreUnknownFields: input['ignore_unknown_fields'] === true,
        checkQuery: (query) => checkParts(parseQuery(query), input),
        out: (line) => lines.push(line),
        err: (line) => lines.push(line),
      })
      if (passed !== (expect['exit'] === 0))
        throw new Mismatch(`want exit ${String(expect['exit'])}: ${lines.join('\n')}`)
    }
  },
}

/** Refuses what only the authors' library can refuse: `@` and offsets into the future. */
function checkParts(node: Expr, input: Record<string, unknown>): void {
  if (input['at_modifier'] !== true && 'at' in node && node.at !== undefined)
    throw new Error('`@` modifier is disabled')
  if (input['negative_offset'] !== true && 'offsetMs' in node && node.offsetMs < 0)
    throw new Error('negative offset is disabled')
  for (const part of Object.values(node).flat()) {
    if (isRecord(part) && 'type' in part) checkParts(part as unknown as Expr, input)
  }
}
