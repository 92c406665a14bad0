import type { Colour, Output } from '../command.ts'
import { wrapped } from '../help.ts'

/** A text that may have a colour. */
export interface Cell {
  readonly text: string
  readonly colour?: Colour
}

export type Row = readonly (Cell | string)[]

const GAP = '   '
const INDENT = '  '
const LABEL_WIDTH = 13

/** So wide a last column can be read though its lines are broken. */
const LAST_COLUMN_MIN = 20

/**
 * Rows with their columns aligned, below a header. Where the terminal is too narrow the last column is broken into lines,
 * and where even that does not do, what follows the first two columns comes below them, without the header.
 */
export function tableLines(
  rows: readonly Row[],
  out: Pick<Output, 'columns' | 'paint'>,
  header: readonly string[] = [],
): readonly string[] {
  const cells = [...(header.length === 0 ? [] : [header]), ...rows].map((row) => row.map(cellOf))
  const count = Math.max(0, ...cells.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(0, ...cells.map((row) => row[column]?.text.length ?? 0)),
  )
  const before = INDENT.length + widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0)
  const left = out.columns - before
  if (left >= Math.min(LAST_COLUMN_MIN, widths.at(-1) ?? 0)) {
    return cells.flatMap((row) => aligned(row, { widths, before, left, out }))
  }
  return rows.flatMap((row) => stacked(row.map(cellOf), widths[0] ?? 0, out))
}

function aligned(
  row: readonly Cell[],
  at: {
    readonly widths: readonly number[]
    readonly before: number
    readonly left: number
    readonly out: Pick<Output, 'paint'>
  },
): readonly string[] {
  const { widths, before, left, out } = at
  const isFull = row.length === widths.length
  const [start = [], last] = isFull ? [row.slice(0, -1), row.at(-1)] : [row, undefined]
  const head = start.map((cell, column) => painted(cell, out) + ' '.repeat((widths[column] ?? 0) - cell.text.length))
  if (last === undefined || last.text === '') return [(INDENT + head.join(GAP)).trimEnd()]
  return wrapped(last.text, left).map((text, line) => {
    const first = INDENT + [...head, ''].join(GAP)
    return (line === 0 ? first : ' '.repeat(before)) + painted({ ...last, text }, out)
  })
}

/** `label` and what there is to say about it, with all lines of it below each other. */
export function labelled(label: string, text: string, out: Pick<Output, 'columns'>): readonly string[] {
  const start = `${INDENT}${label.padEnd(LABEL_WIDTH)} `
  const lines = wrapped(text, Math.max(20, out.columns - start.length))
  return lines.map((line, index) => (index === 0 ? start : ' '.repeat(start.length)) + line)
}

function stacked(
  [first, second, ...rest]: readonly Cell[],
  width: number,
  out: Pick<Output, 'columns' | 'paint'>,
): readonly string[] {
  if (first === undefined) return []
  const head = painted(first, out) + ' '.repeat(width - first.text.length)
  const lead = second === undefined ? head : `${head}${GAP}${painted(second, out)}`
  const below = rest.filter(({ text }) => text !== '')
  return [
    ...(lead.trim() === '' ? [] : [(INDENT + lead).trimEnd()]),
    ...below.flatMap((cell) =>
      wrapped(cell.text, Math.max(20, out.columns - 3 * INDENT.length)).map(
        (text) => INDENT.repeat(3) + painted({ ...cell, text }, out),
      ),
    ),
  ]
}

function painted({ text, colour }: Cell, { paint }: Pick<Output, 'paint'>): string {
  return colour === undefined || text === '' ? text : paint(colour, text)
}

function cellOf(cell: Cell | string): Cell {
  return typeof cell === 'string' ? { text: cell } : cell
}
