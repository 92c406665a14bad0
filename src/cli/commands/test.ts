import { UserError } from '../../base/user-error.ts'
import { command } from '../command.ts'

export default command({
  name: 'test',
  group: 'Metrics',
  summary: 'Run unit tests of recording and alerting rules',
  details: 'Takes the files that promtool takes, and says what it says. Exits with 1 when a test fails.',
  operands: 'rules FILE...',
  examples: [
    ['All tests of a file', 'dabba test rules tests.yml'],
    ['Those whose name says checkout', 'dabba test rules --run=checkout tests/*.yml'],
  ],
  flags: {
    run: { description: 'Only tests whose name matches', placeholder: 'REGEX', repeated: true },
    'ignore-unknown-fields': { description: 'Let rule files have fields that nobody knows' },
    'enable-feature': {
      description: 'Features of PromQL that are off otherwise, with commas between them',
      placeholder: 'NAMES',
      repeated: true,
    },
  },
  async run({ operands: [what, ...files], flags, out }) {
    if (what !== 'rules' || files.length === 0) {
      throw new UserError('DABBA_USAGE', {
        message: what === 'rules' ? 'No file of tests was named' : 'Only rules can be tested',
        hint: 'Name one: dabba test rules tests.yml',
      })
    }
    const { testRules } = await import('../metrics/test-rules.ts')
    return (await testRules(files, { flags, out })) ? 0 : 1
  },
})
