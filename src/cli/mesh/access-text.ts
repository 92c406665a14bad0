import type { Output } from '../command.ts'
import type { Access } from './access.ts'
import type { AccessGrid, GridCell } from './access-grid.ts'
import { labelled, type Row, tableLines } from './layout.ts'
import { placeText } from './places.ts'
import { questionsText } from './questions-text.ts'
import { assumptionsText } from './route-text.ts'
import { silentText } from './silent-text.ts'

/** A verdict and who gave it, for people. */
export function accessText(access: Access, out: Output): readonly string[] {
  const { allowed, reason, policy, place, missed, externalChecks } = access
  const word = allowed ? out.paint('green', 'yes') : out.paint('red', 'no')
  const decided = policy === undefined ? '' : `: ${policy}${place === undefined ? '' : `, ${placeText(place)}`}`
  return [
    `${out.bold(word)}${decided}`,
    ...labelled('because', reason, out),
    ...questionsText('if', externalChecks, out),
    ...silentText(access, out),
    ...(missed.length === 0 ? [] : ['', out.bold('What each rule that allows lacks:'), ...missedLines(access, out)]),
  ]
}

/** The grid, with a column for each kind of request. Callers of whom the same is true share a row, and stand at its end. */
export function gridText({ target, operations, rows, assumptions }: AccessGrid, out: Output): string {
  const numbers = operations.map((_, index) => String(index + 1))
  const groups = Map.groupBy(rows, (row) => JSON.stringify({ ...row, caller: undefined }))
  const body = [...groups.values()].map((group): Row => {
    const [first] = group
    const { address = '', headers = '', cells = [] } = first ?? {}
    return [...cells.map(cellText), address, headers, group.map(({ caller }) => caller).join(', ')]
  })
  return [
    out.bold(`Who may call ${target}`),
    ...tableLines(
      operations.map((operation, index) => [numbers[index] ?? '', operation]),
      out,
    ),
    '',
    ...tableLines(withoutEmptyColumns(body), out, headerOf(body, [...numbers, 'ADDRESS', 'HEADERS', 'CALLERS'])),
    ...askedText(rows, out),
    ...assumptionsText(assumptions, out),
  ].join('\n')
}

/** Where no address and no header makes a difference, nothing is said of them. */
function withoutEmptyColumns(rows: readonly Row[]): readonly Row[] {
  return rows.map((row) => row.filter((_, column) => rows.some((other) => other[column] !== '')))
}

function headerOf(rows: readonly Row[], names: readonly string[]): readonly string[] {
  return names.filter((_, column) => rows.some((row) => row[column] !== ''))
}

function cellText({ allowed, asks }: GridCell): Row[number] {
  if (allowed && asks !== undefined) return { text: 'ask', colour: 'yellow' }
  return { text: allowed ? 'yes' : 'no', colour: allowed ? 'green' : 'red' }
}

function askedText(rows: AccessGrid['rows'], out: Output): readonly string[] {
  const asked = new Set(
    rows.flatMap(({ cells }) => cells.flatMap(({ allowed, asks }) => (allowed ? (asks ?? []) : []))),
  )
  if (asked.size === 0) return []
  return ['', `${out.paint('yellow', 'ask')}: yes if ${[...asked].join(' and ')} agrees, which is not asked here`]
}

function missedLines({ missed }: Access, out: Output): readonly string[] {
  return tableLines(
    missed.map(({ rule, why, place }) => [`rule ${rule}`, { text: placeText(place), colour: 'dim' }, why]),
    out,
  )
}
