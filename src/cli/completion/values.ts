import type { Command, Flag } from '../command.ts'

/** What can stand after a flag, or where a command's operand stands. */
export type Values =
  | { readonly from: 'choices'; readonly choices: readonly string[] }
  /** Files and folders. */
  | { readonly from: 'paths' }
  /** Clusters that run: `dabba status -o name`. */
  | { readonly from: 'clusters' }
  /** Whatever the user thinks of. */
  | { readonly from: 'nowhere' }

export function valuesOfFlag(command: Command, name: string, { choices, placeholder }: Flag): Values {
  if (choices !== undefined) return { from: 'choices', choices }
  if (placeholder === 'PATH') return { from: 'paths' }
  // A new cluster has a new name.
  return name === 'name' && command.name !== 'up' ? { from: 'clusters' } : { from: 'nowhere' }
}

export function valuesOfOperand({ operands }: Command): Values {
  if (operands === undefined) return { from: 'nowhere' }
  // Of `pod/NAME` and of `rules FILE...`, what comes before the name.
  const choices = operands.split('|').map((operand) => operand.replace(/ .*$|[A-Z]+$/, ''))
  const isFree = choices.includes('')
  return isFree ? { from: 'nowhere' } : { from: 'choices', choices }
}

/** A flag as it is typed: `--name`, and `-n` where it has a short form. */
export function spellings(name: string, { short }: Flag): readonly string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]
}
