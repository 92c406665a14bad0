import type { Command } from './command.ts'

type Loader = () => Promise<{ default: Command<never> }>

/** Every command, in the order of the help, loaded when it is called. */
const COMMANDS = {
  up: () => import('./commands/up.ts'),
  down: () => import('./commands/down.ts'),
  status: () => import('./commands/status.ts'),
  why: () => import('./commands/why.ts'),
  mesh: () => import('./commands/mesh.ts'),
  prometheus: () => import('./commands/prometheus.ts'),
  alertmanager: () => import('./commands/alertmanager.ts'),
  test: () => import('./commands/test.ts'),
  version: () => import('./commands/version.ts'),
  completion: () => import('./commands/completion.ts'),
} as unknown as Readonly<Record<string, Loader>>

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS)

export async function loadCommand(name: string): Promise<Command | undefined> {
  const loader = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  return loader === undefined ? undefined : ((await loader()).default as unknown as Command)
}

export async function loadCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(COMMANDS).map(async (loader) => (await loader()).default as unknown as Command))
}
