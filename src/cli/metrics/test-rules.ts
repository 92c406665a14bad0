import { UserError } from '../../base/user-error.ts'
import { runRuleTests } from '../../metrics/rules/unit-tests/run-rule-tests.ts'
import { engineFeatures } from '../../metrics/server/prometheus-settings.ts'
import { realWorld } from '../../world/real-world.ts'
import type { Output } from '../command.ts'

export interface TestRulesCall {
  readonly flags: {
    readonly run: readonly string[]
    readonly 'ignore-unknown-fields': boolean
    readonly 'enable-feature': readonly string[]
  }
  readonly out: Output
}

/** Runs files of rule tests; answers whether all passed. */
export function testRules(files: readonly string[], { flags, out }: TestRulesCall): Promise<boolean> {
  const { clock, disk } = realWorld()
  const names = new Set(flags['enable-feature'].flatMap((list) => list.split(',')))
  return runRuleTests(files, {
    disk,
    clock,
    run: flags.run.map(patternOf),
    ignoreUnknownFields: flags['ignore-unknown-fields'],
    features: engineFeatures(names),
    out: (line) => out.line(line),
    err: (line) => out.note(line),
  })
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch (error) {
    throw new UserError('DABBA_USAGE', {
      message: `--run=${text} is no regular expression: ${(error as Error).message}`,
      hint: 'Give it one that matches names of tests',
      cause: error,
    })
  }
}
