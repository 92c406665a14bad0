import type { Output } from '../command.ts'
import type { RouteTable, TableRow } from './explain-table.ts'
import { type Row, tableLines } from './layout.ts'
import { placeText } from './places.ts'
import { assumptionsText } from './route-text.ts'

/** The routes of a host, for people. */
export function tableText(
  { from, host, port, virtualHost, redirectsToHttps, rows, connections, assumptions }: RouteTable,
  out: Output,
): string {
  const routes = rows.filter(({ number }) => number !== undefined)
  const unused = rows.filter(({ number }) => number === undefined)
  const heading = `${host}, port ${port}, as ${from} sees it`
  return [
    out.bold(heading),
    ...(virtualHost === undefined && connections.length === 0
      ? ['  No VirtualService and no service is for this host.']
      : []),
    ...(redirectsToHttps ? ['  Plain requests are sent to https.'] : []),
    ...(routes.length === 0 ? [] : tableLines(routes.flatMap(routeRows), out, ['', 'LINE', 'MATCH', 'ACTION'])),
    ...(connections.length === 0
      ? []
      : [
          ...(routes.length === 0 ? [] : ['']),
          out.bold('Connections that are no HTTP:'),
          ...tableLines(connections.flatMap(routeRows), out, ['', 'LINE', 'MATCH', 'ACTION']),
        ]),
    ...(unused.length === 0
      ? []
      : ['', out.bold('Rules that made no route:'), ...tableLines(unused.map(unusedRow), out)]),
    ...assumptionsText(assumptions, out),
  ].join('\n')
}

function routeRows({ number = 0, match, action, place, shadowedBy }: TableRow): readonly Row[] {
  const colour = shadowedBy === undefined ? {} : { colour: 'dim' as const }
  const line = place === undefined ? '' : placeText(place)
  const row: Row = [`${number}`, line, { text: match, ...colour }, { text: action, ...colour }]
  if (shadowedBy === undefined) return [row]
  return [row, ['', '', { text: `shadowed by ${shadowedBy}: nothing gets here`, colour: 'yellow' }, '']]
}

function unusedRow({ match, place, dead = '' }: TableRow): Row {
  return [place === undefined ? '' : placeText(place), match, { text: dead, colour: 'yellow' }]
}
