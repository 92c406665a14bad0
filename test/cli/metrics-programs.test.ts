import { writeFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { CliHome } from './dabba.ts'

const home = new CliHome()
afterAll(() => home[Symbol.dispose]())

const RULES = 'groups: [{name: shop, rules: [{record: shop:up, expr: sum(up)}]}]'
const TESTS = `
rule_files: [rules.yml]
tests:
- name: one is up
  input_series: [{series: 'up{job="shop"}', values: 1x5}]
  promql_expr_test: [{expr: shop:up, eval_time: 2m, exp_samples: [{labels: shop:up, value: 1}]}]
- name: two are up
  input_series: [{series: 'up{job="shop"}', values: 1x5}]
  promql_expr_test: [{expr: shop:up, eval_time: 2m, exp_samples: [{labels: shop:up, value: 2}]}]
`

test('dabba test rules says what promtool says, and exits as it does', async () => {
  writeFileSync(home.path('rules.yml'), RULES)
  writeFileSync(home.path('tests.yml'), TESTS)
  const passed = await home.run(['test', 'rules', '--run=one', 'tests.yml'])
  expect(passed).toMatchObject({ code: 0, stdout: 'Unit Testing:  tests.yml\n  SUCCESS\n\n', stderr: '' })
  const failed = await home.run(['test', 'rules', 'tests.yml'])
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('  FAILED:\n')
  expect(failed.stderr).toContain('got: {__name__="shop:up"} 1E+00')
})

test('dabba test without rules is no call', async () => {
  expect(await home.run(['test', 'rules'])).toMatchObject({ code: 2, stderr: expect.stringContaining('No file') })
  expect(await home.run(['test', 'shoes'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Only rules and mesh'),
  })
})

test.each(['prometheus', 'alertmanager'])(
  'dabba %s without its configuration says which file is missing',
  async (program) => {
    const { code, stderr } = await home.run([program, `--config.file=missing.yml`, '--web.listen-address=:0'])
    expect(code).toBe(2)
    expect(stderr).toContain('missing.yml')
  },
)
