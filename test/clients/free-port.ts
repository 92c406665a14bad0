import { createServer } from 'node:net'
import { threadId } from 'node:worker_threads'

/**
 * Below the ports that the system gives to whoever asks for any, and to those who connect, and below those of nodes: there
 * nobody takes a port between the moment that it is found free and the moment that a program listens at it.
 */
const FIRST = 20_000
const LAST = 30_000
/** Those of each thread that runs tests: threads do not take a port from each other either. */
const PER_THREAD = 500

let next = FIRST + (((process.pid * 7 + threadId) * PER_THREAD) % (LAST - FIRST))

/** A port on which nobody listens, and that is given out once. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PER_THREAD; tries++) {
    const port = next++
    if (await isFree(port)) return port
  }
  throw new Error('no port is free')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
