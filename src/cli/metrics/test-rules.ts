import { runRuleTests } from '../../metrics/rules/unit-tests/run-rule-tests.ts'
import { engineFeatures } from '../../metrics/server/prometheus-settings.ts'
import { realWorld } from '../../world/real-world.ts'
import type { Output } from '../command.ts'
import { patternOf } from '../name-pattern.ts'

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
