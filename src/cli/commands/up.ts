import { command } from '../command.ts'

export default command({
  name: 'up',
  group: 'Cluster',
  summary: 'Start a cluster and keep it running until Ctrl-C',
  details:
    'Writes a kubeconfig and prints the line that makes kubectl use it. The API server listens on 127.0.0.1 only. ' +
    'A cluster that keeps its state comes back with it: the same objects, keys and port.',
  examples: [
    ['A cluster of one node', 'dabba up'],
    ['Your manifests on three nodes', 'dabba up -f k8s/ --nodes 3'],
    ['A chart', 'helm template shop ./chart | dabba up -f -'],
    ['A second one, gone when it stops', 'dabba up --name other --in-memory --port 0'],
    ['Mutual TLS that tcpdump can see', 'dabba up -f k8s/ --wire-mtls'],
    ['For a script: its address as data, when it is up', 'dabba up --in-memory --port 0 -o json'],
  ],
  flags: {
    filename: {
      description: 'Manifests to apply: a file, a folder, or - for standard input',
      placeholder: 'PATH',
      short: 'f',
      repeated: true,
    },
    name: { description: 'The cluster’s name', placeholder: 'NAME', default: 'dabba' },
    nodes: { description: 'How many nodes; one, unless the store has some', placeholder: 'N' },
    'nodes-file': { description: 'Node profiles: counts, capacity, zones, labels, taints, price', placeholder: 'PATH' },
    port: {
      description: 'The API server’s port; 0 takes a free one. Without it: that of the last run, else 6443',
      placeholder: 'PORT',
    },
    'data-dir': {
      description: 'Where the state is kept; without it: ~/.dabba/clusters/NAME/data',
      placeholder: 'PATH',
    },
    'in-memory': { description: 'Keep the state in memory only' },
    kubeconfig: {
      description: 'Where to write the kubeconfig, beside what is there; without it: ~/.dabba/clusters/NAME/kubeconfig',
      placeholder: 'PATH',
    },
    'wire-mtls': { description: 'Encrypt what proxies of the mesh send each other, though it stays on this machine' },
    output: {
      description: 'Print one document once it is up',
      placeholder: 'FORMAT',
      short: 'o',
      choices: ['json', 'yaml'],
    },
  },
  stopsItself: true,
  async run({ flags, out, signal }) {
    const { runUp } = await import('../up/run-up.ts')
    return runUp(flags, { out, signal })
  },
})
