import { readFileSync } from 'node:fs'
import { defaultNodeProfile, type NodeProfile } from '../../api/kinds/dabba/node-profile.ts'
import { parseNodeProfiles } from '../../api/kinds/dabba/node-profile-file.ts'
import { UserError } from '../../base/user-error.ts'
import { systemReason } from '../system-reason.ts'

/** As many as a nodes file may describe. */
const NODES_MAX = 20_000

/** The nodes that `--nodes` or `--nodes-file` ask for; undefined when neither does. */
export function nodesFor(flags: {
  nodes?: string | undefined
  'nodes-file'?: string | undefined
}): readonly NodeProfile[] | undefined {
  const { nodes, 'nodes-file': file } = flags
  if (nodes !== undefined && file !== undefined) {
    throw usage('--nodes and --nodes-file exclude each other', 'Give one of them')
  }
  if (file !== undefined) return parseNodeProfiles(readText(file), file)
  if (nodes === undefined) return undefined
  if (!/^\d+$/.test(nodes) || Number(nodes) > NODES_MAX) {
    throw usage(`"${nodes}" is no number of nodes`, `Give a whole number up to ${NODES_MAX}, such as --nodes 3`)
  }
  return [defaultNodeProfile(Number(nodes))]
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError('DABBA_FILE', {
      message: `Cannot read the nodes file ${file}: ${systemReason(error)}`,
      hint: 'Check the path after --nodes-file',
      cause: error,
    })
  }
}

function usage(message: string, hint: string): UserError {
  return new UserError('DABBA_USAGE', { message, hint })
}
