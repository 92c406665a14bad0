import type { WebResponse } from '../../world/web.ts'

const LINKS = [
  ['api/v1/targets', 'Targets'],
  ['api/v1/rules', 'Rules'],
  ['api/v1/alerts', 'Alerts'],
  ['api/v1/status/config', 'Configuration'],
  ['api/v1/status/tsdb', 'Head'],
  ['metrics', 'Own metrics'],
] as const

/** A form for one query, and where else to look: for people who open the port in a browser. */
export function startPage(title: string, routePrefix: string): WebResponse {
  const links = LINKS.map(([path, text]) => `<a href="${escaped(`${routePrefix}/${path}`)}">${text}</a>`).join(' · ')
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title></head>
<body style="font: 16px system-ui; margin: 2em">
<h1>${escaped(title)}</h1>
<form action="${escaped(routePrefix)}/api/v1/query"><input name="query" size="80" placeholder="up" autofocus> <button>Execute</button></form>
<p>${links}</p>
</body></html>
`
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body }
}

/** What a path is counted under: those with a part that varies are one. */
export function handlerOf(path: string): string {
  return path.replace(/^\/api\/v1\/label\/.+\/values$/, '/api/v1/label/:name/values')
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`)
}
