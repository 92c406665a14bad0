import { UserError } from '../../base/user-error.ts'
import { command } from '../command.ts'

export default command({
  name: 'test',
  group: 'Metrics',
  summary: 'Run unit tests of recording and alerting rules, or of what the mesh does with requests',
  details:
    '`rules` takes the files that promtool takes, and says what it says. `mesh` takes files of requests and of what is ' +
    'to become of them, and those of istio-config-validator; no cluster is needed. Exits with 1 when a test fails.',
  operands: 'rules FILE...|mesh FILE...',
  examples: [
    ['All tests of a file', 'dabba test rules tests.yml'],
    ['Those whose name says checkout', 'dabba test rules --run=checkout tests/*.yml'],
    [
      'Where requests go, with a report for a server of continuous integration',
      'dabba test mesh --junit report.xml mesh-tests.yml',
    ],
    ['Tests written for istio-config-validator', 'dabba test mesh -f istio/ routes_test.yml'],
  ],
  flags: {
    run: { description: 'Only tests whose name matches', placeholder: 'REGEX', repeated: true },
    filename: {
      description: 'For mesh: manifests in place of those that the tests name, a file or a folder',
      placeholder: 'PATH',
      short: 'f',
      repeated: true,
    },
    junit: { description: 'For mesh: where to write a JUnit report', placeholder: 'PATH' },
    'ignore-unknown-fields': { description: 'For rules: let rule files have fields that nobody knows' },
    'enable-feature': {
      description: 'For rules: features of PromQL that are off otherwise, with commas between them',
      placeholder: 'NAMES',
      repeated: true,
    },
  },
  async run({ operands: [what, ...files], flags, out }) {
    if (what !== 'rules' && what !== 'mesh') {
      throw new UserError('DABBA_USAGE', {
        message: 'Only rules and mesh can be tested',
        hint: 'Name one of them: dabba test rules tests.yml',
      })
    }
    if (files.length === 0) {
      throw new UserError('DABBA_USAGE', {
        message: 'No file of tests was named',
        hint: `Name one: dabba test ${what} tests.yml`,
      })
    }
    if (what === 'mesh') {
      const { testMesh } = await import('../mesh/tests/test-mesh.ts')
      return testMesh(files, { flags, out }) ? 0 : 1
    }
    const { testRules } = await import('../metrics/test-rules.ts')
    return (await testRules(files, { flags, out })) ? 0 : 1
  },
})
