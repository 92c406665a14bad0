import { UserError } from '../../base/user-error.ts'
import type { Access } from '../../client/access.ts'
import type { Platform } from '../../platform.ts'

/** The port of Kubernetes' own API server. */
const PORT_DEFAULT = 6443
const PORT_MAX = 65_535
const ANY_PORT = 0

/** What `--port` says; undefined when it was not given. */
export function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= PORT_MAX) return port
  throw new UserError('DABBA_USAGE', {
    message: `"${text}" is no port`,
    hint: `Give a number from 0 to ${PORT_MAX}; 0 takes a free one`,
  })
}

/**
 * Listens on the port that was asked for; without one, or where any will do, first on the port of the last run, so that
 * its kubeconfig stays good.
 */
export async function listen(
  platform: Platform,
  { asked, last }: { asked: number | undefined; last: number | undefined },
): Promise<Access> {
  const wanted = asked ?? PORT_DEFAULT
  const mayFollowLast = last !== undefined && last !== wanted && (asked === undefined || asked === ANY_PORT)
  if (mayFollowLast) {
    try {
      return await platform.listen({ port: last })
    } catch (error) {
      if (!isTaken(error)) throw error
    }
  }
  try {
    return await platform.listen({ port: wanted })
  } catch (error) {
    throw portError(wanted, error as NodeJS.ErrnoException)
  }
}

function portError(port: number, error: NodeJS.ErrnoException): Error {
  if (isTaken(error)) {
    return new UserError('DABBA_PORT', {
      message: `Port ${port} on 127.0.0.1 is taken`,
      hint: 'Stop what uses it, or take a free one: dabba up --port 0',
      cause: error,
    })
  }
  if (error.code !== 'EACCES') return error
  return new UserError('DABBA_PORT', {
    message: `Port ${port} on 127.0.0.1 is not for every user`,
    hint: 'Take one above 1023, or a free one: dabba up --port 0',
    cause: error,
  })
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
}
