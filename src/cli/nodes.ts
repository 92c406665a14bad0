import { readFileSync } from 'node:fs'
import { defaultNodeProfile, type NodeProfile } from '../api/kinds/dabba/node-profile.ts'
import { parseNodeProfiles } from '../api/kinds/dabba/node-profile-file.ts'
import { UserError } from '../base/user-error.ts'

/** The nodes that `--nodes` or `--nodes-file` ask for; one of the default size otherwise. */
export function nodesFor(flags: {
  nodes?: string | undefined
  'nodes-file'?: string | undefined
}): readonly NodeProfile[] {
  const { nodes, 'nodes-file': file } = flags
  if (nodes !== undefined && file !== undefined) {
    throw new UserError('DABBA_USAGE', {
      message: '--nodes and --nodes-file exclude each other',
      hint: 'Give one of them',
    })
  }
  if (file !== undefined) return parseNodeProfiles(readText(file), file)
  const count = Number(nodes ?? '1')
  if (!Number.isInteger(count) || count < 0) {
    throw new UserError('DABBA_USAGE', {
      message: `"${nodes ?? ''}" is no number of nodes`,
      hint: 'Give a whole number, such as --nodes 3',
    })
  }
  return [defaultNodeProfile(count)]
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError('DABBA_USAGE', {
      message: `Cannot read ${file}: ${(error as Error).message}`,
      hint: 'Check the path after --nodes-file',
      cause: error,
    })
  }
}
