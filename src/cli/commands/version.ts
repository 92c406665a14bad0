import { readFileSync } from 'node:fs'
import { KUBERNETES_VERSION } from '../../api/kubernetes-version.ts'
import { command } from '../command.ts'
import { printStructured } from '../structured.ts'

export default command({
  name: 'version',
  group: 'Help',
  summary: 'Print the versions of dabba, of the Kubernetes API that it speaks, and of Node',
  examples: [
    ['For people', 'dabba version'],
    ['For scripts', 'dabba version -o json'],
  ],
  flags: {
    output: { description: 'Print as data', placeholder: 'FORMAT', short: 'o', choices: ['json', 'yaml'] },
  },
  run({ flags, out }) {
    const versions = { dabba: ownVersion(), kubernetes: KUBERNETES_VERSION, node: process.version }
    if (flags.output === undefined) {
      out.line(`dabba ${versions.dabba} (Kubernetes ${versions.kubernetes}, Node ${versions.node})`)
    } else out.line(printStructured(versions, flags.output))
    return Promise.resolve(0)
  },
})

/** From package.json, which stands two folders above both `src/cli` and `dist/cli`. */
function ownVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
