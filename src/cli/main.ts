#!/usr/bin/env node
import * as nodeModule from 'node:module'
import { UserError } from '../base/user-error.ts'

/** The oldest Node that has all that we use. */
const NODE_MIN = 24
const EXIT_FAILED = 2

// Nothing else is loaded before this is known: an older Node could not even read it.
if (Number(process.versions.node.split('.')[0]) < NODE_MIN) {
  const { message, hint, code } = new UserError('DABBA_NODE_VERSION', {
    message: `dabba needs Node ${NODE_MIN} or newer, and this is ${process.version}`,
    hint: 'Install a newer one (https://nodejs.org), or let npm bring it: npx -p node@24 -p dabba dabba',
  })
  process.stderr.write(`error: ${message}\nhint:  ${hint}\ncode:  ${code}\n`)
  process.exit(EXIT_FAILED)
}

// Compiled sources are kept between runs: starting is mostly compiling.
nodeModule.enableCompileCache()
const { resolveOwnImports } = await import('./own-imports.ts')
resolveOwnImports()
const { runCommandLine } = await import('./command-line.ts')
process.exit(await runCommandLine(process.argv.slice(2)))
