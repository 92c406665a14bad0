import type { Command } from './command.ts'

type Loader = () => Promise<{ default: Command<never> }>

/** Every command, loaded when it is called: `dabba version` does not pay for `dabba up`. */
export const COMMANDS: Readonly<Record<string, Loader>> = {
  up: () => import('./commands/up.ts'),
  down: () => import('./commands/down.ts'),
  status: () => import('./commands/status.ts'),
  why: () => import('./commands/why.ts'),
  version: () => import('./commands/version.ts'),
  completion: () => import('./commands/completion.ts'),
} as unknown as Readonly<Record<string, Loader>>

export async function loadCommand(name: string): Promise<Command | undefined> {
  const loader = COMMANDS[name]
  return loader === undefined ? undefined : ((await loader()).default as unknown as Command)
}

export async function loadCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(COMMANDS).map(async (loader) => (await loader()).default as unknown as Command))
}
