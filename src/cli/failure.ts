import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { StatusError } from '../api/errors.ts'
import { UserError } from '../base/user-error.ts'
import { dabbaHome } from './home.ts'

/** Could not be done. */
export const EXIT_FAILED = 2

/** Three lines for whatever went wrong: what and why, what to do, a code with a page in `docs/errors`. */
export function printFailure(error: unknown): void {
  const { message, hint, code } = userErrorOf(error)
  const head = styleText(['red', 'bold'], 'error:', { stream: process.stderr })
  process.stderr.write(`${head} ${oneLine(message)}\nhint:  ${oneLine(hint)}\ncode:  ${code}\n`)
}

function userErrorOf(error: unknown): UserError {
  if (error instanceof UserError) return error
  if (error instanceof StatusError) return refused(error)
  return internal(error)
}

function refused(error: StatusError): UserError {
  return new UserError('DABBA_REFUSED', {
    message: `The cluster refuses: ${error.message}`,
    hint: 'The words are the API server’s own; check what was asked for, and who asked',
    cause: error,
  })
}

/** A fault of ours. What a report of it needs goes to a file: a stack trace on the screen helps nobody. */
function internal(error: unknown): UserError {
  const what = error instanceof Error ? error.message : String(error)
  const path = join(dabbaHome(), `fault-${process.pid}.txt`)
  const isWritten = wroteReport(path, error)
  return new UserError('DABBA_INTERNAL', {
    message: `dabba itself has failed: ${what}`,
    hint: isWritten ? `Please report it, with what is in ${path}` : 'Please report it, with the command that you gave',
    cause: error,
  })
}

function wroteReport(path: string, error: unknown): boolean {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const command = `dabba ${process.argv.slice(2).join(' ')}`
  try {
    mkdirSync(dabbaHome(), { recursive: true })
    writeFileSync(path, `${command}\nNode ${process.version} ${process.platform} ${process.arch}\n\n${stack}\n`)
    return true
  } catch {
    // The report is a help, not the matter: without it the hint asks for the command alone.
    return false
  }
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, '; ')
}
