import { existsSync, lstatSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../base/user-error.ts'
import { systemReason } from './system-reason.ts'

/**
 * Writes a file as a whole or not at all, with its folders; only the user may read it. `what` names it in an error.
 * It is on disk when this returns. A link stays a link: what it leads to is replaced.
 */
export function writeWhole(path: string, text: string, what: string): void {
  const partial = `${path}.${process.pid}.partial`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(partial, text, { mode: 0o600, flush: true })
    renameSync(partial, isLink(path) ? realpathSync(path) : path)
  } catch (error) {
    if (existsSync(partial)) rmSync(partial)
    throw new UserError('DABBA_FILE', {
      message: `Cannot write ${what} ${path}: ${systemReason(error)}`,
      hint: 'Choose a path in a folder that you may write to',
      cause: error,
    })
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}
