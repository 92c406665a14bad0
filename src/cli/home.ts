import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../base/user-error.ts'

/** Where clusters keep their state and leave word of themselves: `$DABBA_HOME`, or `.dabba` in the user's home. */
export function dabbaHome(): string {
  const home = process.env['DABBA_HOME']
  return home === undefined || home === '' ? join(homedir(), '.dabba') : home
}

export function isClusterName(name: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)
}

export function clusterFolder(name: string): string {
  if (!isClusterName(name)) {
    throw new UserError('DABBA_USAGE', {
      message: `"${name}" cannot name a cluster`,
      hint: 'Use lower case letters, digits and dashes, such as --name staging',
    })
  }
  return join(dabbaHome(), 'clusters', name)
}
