import { styleText } from 'node:util'
import type { Output } from './command.ts'

/** Lines longer than this are hard to read, however wide the terminal is. */
const COLUMNS_MAX = 120
/** The width where there is no terminal: a log, a file, another program. */
const COLUMNS_ELSEWHERE = 100

/** The process's own standard output and error. Colour only on a terminal, and never with `NO_COLOR`. */
export function terminal(): Output {
  const { stdout, stderr } = process
  // Whoever reads us may stop doing so (`dabba up | head`): that ends the printing, not the cluster.
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedPipe)
  return {
    line: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    bold: (text) => styleText('bold', text, { stream: stdout }),
    paint: (colour, text) => styleText(colour, text, { stream: stdout }),
    columns: Math.min(stdout.isTTY ? stdout.columns : COLUMNS_ELSEWHERE, COLUMNS_MAX),
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
