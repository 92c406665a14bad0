import { command } from '../command.ts'
import { usage } from '../parse.ts'

export default command({
  name: 'completion',
  group: 'Help',
  summary: 'Print a script that completes dabba’s commands and flags in a shell',
  operands: 'bash|zsh|fish',
  examples: [
    ['In this bash, or from ~/.bashrc', 'source <(dabba completion bash)'],
    ['In this zsh, or from ~/.zshrc after compinit', 'source <(dabba completion zsh)'],
    ['In every fish', 'dabba completion fish > ~/.config/fish/completions/dabba.fish'],
  ],
  flags: {},
  async run({ operands, out, commands }) {
    const [shell = '', ...rest] = operands
    const { COMPLETIONS } = await import('../completion/completions.ts')
    const completion = rest.length === 0 && Object.hasOwn(COMPLETIONS, shell) ? COMPLETIONS[shell] : undefined
    if (completion === undefined) {
      const given = operands.length === 0 ? 'and none was given' : `not "${operands.join(' ')}"`
      throw usage({ name: 'completion' }, `\`dabba completion\` takes bash, zsh or fish, ${given}`)
    }
    out.line(completion(await commands()))
    return 0
  },
})
