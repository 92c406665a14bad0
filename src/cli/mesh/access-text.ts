import type { Output } from '../command.ts'
import type { Access } from './access.ts'
import type { AccessGrid, GridCell } from './access-grid.ts'
import { labelled, type Row, tableLines } from './layout.ts'
import { placeText } from './places.ts'
import { assumptionsText } from './route-text.ts'

/** A verdict and who gave it, for people. */
export function accessText(access: Access, out: Output): readonly string[] {
  const { allowed, reason, policy, place, missed, externalChecks } = access
  const word = allowed ? out.paint('green', 'yes') : out.paint('red', 'no')
  const decided = policy === undefined ? '' : `: ${policy}${place === undefined ? '' : `, ${placeText(place)}`}`
  return [
    `${out.bold(word)}${decided}`,
    ...labelled('because', reason, out),
    ...(externalChecks.length === 0 ? [] : labelled('if', `${externalChecks.join(', ')} agrees as well`, out)),
    ...(missed.length === 0 ? [] : ['', out.bold('What each rule that allows lacks:'), ...missedLines(access, out)]),
  ]
}

/** The grid, with a column for each kind of request; where there are too many for the terminal, by numbers. */
export function gridText({ target, operations, rows, assumptions }: AccessGrid, out: Output): string {
  const numbers = operations.map((_, index) => String(index + 1))
  const body: readonly Row[] = rows.map(({ caller, address, headers, cells }) => [
    caller,
    address ?? '',
    headers ?? '',
    ...cells.map(cellText),
  ])
  return [
    out.bold(`Who may call ${target}`),
    ...tableLines(
      operations.map((operation, index) => [numbers[index] ?? '', operation]),
      out,
    ),
    '',
    ...tableLines(body, out, ['CALLER', 'ADDRESS', 'HEADERS', ...numbers]),
    ...assumptionsText(assumptions, out),
  ].join('\n')
}

function cellText({ allowed }: GridCell): Row[number] {
  return { text: allowed ? 'yes' : 'no', colour: allowed ? 'green' : 'red' }
}

function missedLines({ missed }: Access, out: Output): readonly string[] {
  return tableLines(
    missed.map(({ rule, why, place }) => [`rule ${rule}`, { text: placeText(place), colour: 'dim' }, why]),
    out,
  )
}
