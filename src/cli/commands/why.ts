import { command } from '../command.ts'

export default command({
  name: 'why',
  group: 'Explain',
  summary: 'Say why a pod is, or is not, on a node',
  details:
    'Prints, node by node, which rule of the scheduler refused the pod, or how the node’s score came about. Exits with 1 ' +
    'when no node would do.',
  operands: 'pod/NAME',
  examples: [
    ['A pod that stays Pending', 'dabba why pod/ledger-2 -n payments'],
    ['In another cluster, as data', 'dabba why pod/web-0 --kubeconfig ~/.kube/config -o json'],
  ],
  flags: {
    namespace: { description: 'The pod’s namespace', placeholder: 'NAMESPACE', short: 'n', default: 'default' },
    name: { description: 'Which cluster; without it: dabba, or the only one that runs', placeholder: 'NAME' },
    kubeconfig: { description: 'A cluster by its kubeconfig instead', placeholder: 'PATH' },
    all: { description: 'Show every node, however many there are' },
    output: { description: 'Print as data', placeholder: 'FORMAT', short: 'o', choices: ['json', 'yaml'] },
  },
  async run({ operands, flags, out }) {
    const { runWhy } = await import('../why/run-why.ts')
    return runWhy(operands, flags, out)
  },
})
