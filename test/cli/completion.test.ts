import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadCommands } from '../../src/cli/commands.ts'
import { COMPLETIONS } from '../../src/cli/completion/completions.ts'
import { CliHome } from './dabba.ts'

const home = new CliHome()

beforeAll(async () => {
  const script = COMPLETIONS['bash']?.(await loadCommands()) ?? ''
  writeFileSync(home.path('complete.sh'), `set -eu\n${script}\n`)
  writeFileSync(home.path('nodes.yaml'), '')
  writeFileSync(home.path('my nodes.yaml'), '')
  mkdirSync(home.path('bin'))
  // What a completion asks of dabba itself.
  writeFileSync(home.path('bin', 'dabba'), '#!/bin/sh\n[ "$*" = "status -o name" ] && printf "shop\\nstaging\\n"\n')
  chmodSync(home.path('bin', 'dabba'), 0o755)
})

afterAll(() => home[Symbol.dispose]())

/** What a real bash offers after `words`, the last of which is under the cursor. */
function offered(words: readonly string[]): Promise<string[]> {
  const quoted = words.map((word) => `'${word}'`).join(' ')
  const ask = [
    '. ./complete.sh',
    `COMP_WORDS=(${quoted})`,
    `COMP_CWORD=${words.length - 1}`,
    // It is a builtin of interactive completion only.
    'compopt() { :; }',
    '_dabba',
    'for reply in "${COMPREPLY[@]+"${COMPREPLY[@]}"}"; do printf "%s\\n" "$reply"; done',
  ].join('\n')
  return new Promise((resolve, reject) => {
    const env = { PATH: `${home.path('bin')}:/usr/bin:/bin` }
    const bash = spawn('bash', ['--norc', '-c', ask], { cwd: home.folder, env })
    let out = ''
    let errors = ''
    bash.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    bash.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    bash.on('close', () => {
      if (errors === '') resolve(out.split('\n').slice(0, -1))
      else reject(new Error(errors))
    })
  })
}

test.each([
  [
    ['dabba', ''],
    ['up', 'down', 'status', 'why', 'mesh', 'prometheus', 'alertmanager', 'test', 'version', 'completion', 'help'],
  ],
  [['dabba', 'd'], ['down']],
  [['dabba', 'help', 'co'], ['completion']],
  [
    ['dabba', 'up', '--no'],
    ['--nodes', '--nodes-file'],
  ],
  [
    ['dabba', 'up', '-o', ''],
    ['json', 'yaml'],
  ],
  [
    ['dabba', 'up', '--output', '=', ''],
    ['json', 'yaml'],
  ],
  [['dabba', 'up', '--output', '=', 'y'], ['yaml']],
  [['dabba', 'status', '--output', 'n'], ['name']],
  [['dabba', 'up', '--nodes', ''], []],
  [['dabba', 'up', '--nodes-file', 'nod'], ['nodes.yaml']],
  [['dabba', 'up', '-f', 'my'], ['my nodes.yaml']],
  [['dabba', 'up', '--name', ''], []],
  [
    ['dabba', 'down', '--name', ''],
    ['shop', 'staging'],
  ],
  [['dabba', 'why', 'po'], ['pod/']],
  [['dabba', 'mesh', 'r'], ['route']],
  [['dabba', 'test', 'm'], ['mesh']],
  [
    ['dabba', 'completion', ''],
    ['bash', 'zsh', 'fish', '--help'],
  ],
  [['dabba', 'none', ''], []],
])('bash: %j', async (words, replies) => {
  expect(await offered(words)).toEqual(replies)
})

test('each shell’s script names every command and flag', async () => {
  const commands = await loadCommands()
  for (const [shell, completion] of Object.entries(COMPLETIONS)) {
    const script = completion(commands)
    for (const { name, flags } of commands) {
      expect(script).toContain(name)
      for (const flag of Object.keys(flags)) expect(script).toContain(shell === 'fish' ? `-l ${flag}` : `--${flag}`)
    }
  }
})
