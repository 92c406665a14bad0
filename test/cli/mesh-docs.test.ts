import { execFileSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { CliHome, ROOT } from './dabba.ts'

const PAGE = join(ROOT, 'docs', 'mesh.md')
const BLOCK = /```(yaml|console)\n(.*?)```/gs

const home = new CliHome()
afterAll(() => home[Symbol.dispose]())

// Run with -u, the page is written anew.
test('each session in docs/mesh.md prints what is written there', async () => {
  symlinkSync(join(ROOT, 'examples'), home.path('examples'))
  const page = readFileSync(PAGE, 'utf8')
  let printed = ''
  let end = 0
  for (const block of page.matchAll(BLOCK)) {
    const [whole, language = '', text = ''] = block
    printed += page.slice(end, block.index)
    end = block.index + whole.length
    if (language === 'yaml') writeNamed(text)
    printed += language === 'yaml' ? whole : `\`\`\`console\n${await session(text)}\`\`\``
  }
  await expect(printed + page.slice(end)).toMatchFileSnapshot(PAGE)
})

/** A file that is shown begins with its name. */
function writeNamed(text: string): void {
  const [, name] = /^# ([\w-]+\.yaml)/.exec(text) ?? []
  if (name !== undefined) writeFileSync(home.path(name), text)
}

/** What needs a cluster stays as it stands. */
async function session(text: string): Promise<string> {
  const commands = text.split('\n').filter((line) => line.startsWith('$ '))
  if (!commands.some((line) => line.startsWith('$ dabba '))) return text
  const parts: string[] = []
  for (const command of commands) parts.push(`${command}\n${await output(command.slice(2))}`)
  return parts.join('')
}

async function output(command: string): Promise<string> {
  if (!command.startsWith('dabba ')) return execFileSync('sh', ['-c', command], { cwd: home.folder, encoding: 'utf8' })
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain)
  const { stdout, stderr } = await home.run(words.slice(1))
  return stderr + stdout
}
