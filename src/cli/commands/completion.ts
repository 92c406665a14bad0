import { type Command, command } from '../command.ts'
import { loadCommands } from '../commands.ts'

export default command({
  name: 'completion',
  group: 'Help',
  summary: 'Print a script that completes dabba’s commands and flags in a shell',
  operands: 'bash|zsh|fish',
  examples: [
    ['In this bash', 'source <(dabba completion bash)'],
    ['In every fish', 'dabba completion fish > ~/.config/fish/completions/dabba.fish'],
  ],
  flags: {
    shell: {
      description: 'Which shell, if not given as an operand',
      placeholder: 'SHELL',
      default: 'bash',
      choices: ['bash', 'zsh', 'fish'],
    },
  },
  async run({ operands, flags, out }) {
    const shell = operands[0] ?? flags.shell
    const commands = await loadCommands()
    if (shell === 'fish') out.line(fish(commands))
    else if (shell === 'zsh') out.line(`autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`)
    else out.line(bash(commands))
    return 0
  },
})

function bash(commands: readonly Command[]): string {
  const cases = commands.map(({ name, flags }) => {
    const words = [...Object.keys(flags), 'help'].map((flag) => `--${flag}`).join(' ')
    return `    ${name}) words="${words}" ;;`
  })
  return [
    '_dabba() {',
    '  local words',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words="${commands.map(({ name }) => name).join(' ')} help"`,
    '  else case "${COMP_WORDS[1]}" in',
    ...cases,
    '  esac; fi',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _dabba dabba',
  ].join('\n')
}

function fish(commands: readonly Command[]): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`
  return commands
    .flatMap(({ name, summary, flags }) => [
      `complete -c dabba -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
      ...Object.entries(flags).map(
        ([flag, { description }]) =>
          `complete -c dabba -n '__fish_seen_subcommand_from ${name}' -l ${flag} -d ${quote(description)}`,
      ),
    ])
    .join('\n')
}
