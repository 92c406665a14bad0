import { command } from '../command.ts'

export default command({
  name: 'status',
  group: 'Cluster',
  summary: 'List the clusters that run on this machine, and where it reaches them',
  details: 'Gateways of the mesh come first, with the hosts that they serve; as data, all listeners are there.',
  examples: [
    ['For people', 'dabba status'],
    ['The address of each, for scripts', "dabba status -o json | jq -r '.[].url'"],
    ['The first URL of a gateway', "dabba status -o json | jq -r '.[0].gateways[0].doors[0].url'"],
  ],
  flags: {
    output: { description: 'Print as data', placeholder: 'FORMAT', short: 'o', choices: ['json', 'yaml', 'name'] },
  },
  async run({ flags, out }) {
    const { runStatus } = await import('../reach/run-status.ts')
    return runStatus(flags.output, out)
  },
})
