import { command } from '../command.ts'

export default command({
  name: 'why',
  group: 'Explain',
  summary: 'Say why a pod is, or is not, on a node, or why an autoscaler wants the size it wants',
  details:
    'Of a pod it prints, node by node, which rule of the scheduler refused it, or how the node’s score came about; it ' +
    'exits with 1 when no node would do. Of a HorizontalPodAutoscaler it prints what each metric is now, the formula ' +
    'with its numbers, and the last decisions; it exits with 1 when the metrics give nothing to go by.',
  operands: 'pod/NAME|hpa/NAME',
  examples: [
    ['A pod that stays Pending', 'dabba why pod/ledger-2 -n payments'],
    ['An autoscaler that does not scale', 'dabba why hpa/checkout -n shop'],
    ['In another cluster, as data', 'dabba why pod/web-0 --kubeconfig ~/.kube/config -o json'],
  ],
  flags: {
    namespace: {
      description: 'The namespace of what is asked about',
      placeholder: 'NAMESPACE',
      short: 'n',
      default: 'default',
    },
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
