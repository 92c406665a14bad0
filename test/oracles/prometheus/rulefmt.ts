import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseQuery } from '../../../src/metrics/promql/syntax/parse.ts'
import { readRuleFile, type RuleFile, RuleFileError } from '../../../src/metrics/rules/rule-file.ts'
import { isRecord } from '../lossless-json.ts'
import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

/** rulefmt/index.json: files of rules that are accepted or refused. */
export const oracle: Oracle = {
  open(_document, folder) {
    return ({ input, expect }: OracleCase) => {
      const content =
        'yaml' in input ? String(input['yaml']) : readFileSync(join(folder, 'files', String(input['file'])), 'utf8')
      const outcome = attempt(content, input['name_validation'] === 'legacy' ? 'legacy' : 'utf8')
      if (expect['accepted'] === true) {
        if (outcome instanceof RuleFileError) throw new Mismatch(`must be accepted: ${outcome.message}`)
        expectContents(outcome, expect)
        return
      }
      if (!(outcome instanceof RuleFileError)) throw new Mismatch('must be refused')
      for (const part of (expect['error_contains'] as readonly string[] | undefined) ?? []) {
        if (!outcome.message.includes(part)) throw new Mismatch(`want ${part} in ${outcome.message}`)
      }
    }
  },
}

function attempt(content: string, nameValidation: 'legacy' | 'utf8'): RuleFile | RuleFileError {
  try {
    return readRuleFile(content, { parseQuery, nameValidation })
  } catch (failure) {
    if (failure instanceof RuleFileError) return failure
    throw failure
  }
}

function expectContents({ groups, warnings }: RuleFile, expect: OracleCase['expect']): void {
  if ('groups' in expect) expectSame('groups', groups.length, expect['groups'])
  const warning = expect['warning_contains']
  if (typeof warning === 'string' && !warnings.some((each) => each.includes(warning))) {
    throw new Mismatch(`want a warning with ${warning}, got ${JSON.stringify(warnings)}`)
  }
  if ('every_expr' in expect) {
    for (const rule of groups.flatMap(({ rules }) => rules)) expectSame('expr', rule.expr, expect['every_expr'])
  }
  const firsts = expect['first_rules_of_every_group']
  if (!Array.isArray(firsts)) return
  for (const [index, first] of firsts.filter(isRecord).entries()) {
    for (const { rules } of groups) {
      const rule = rules[index]
      for (const [key, value] of Object.entries(first)) {
        if (key === 'labels.severity') expectSame(key, rule?.labels['severity'], value)
        else if (key === 'alert' || key === 'record' || key === 'annotations') expectSame(key, rule?.[key], value)
        else throw new Mismatch(`unknown key ${key}`)
      }
    }
  }
}
