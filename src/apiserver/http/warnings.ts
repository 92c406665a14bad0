import type { ServerResponse } from 'node:http'

/** How many characters of warnings a response carries, and of each once they are too many (pkg/endpoints/filters/warning.go). */
const TOTAL_MAX = 4 * 1024
const EACH_MAX = 256
// oxlint-disable-next-line no-control-regex -- control characters are what cannot stand in a header
const CONTROL = /[\u0000-\u001f\u007f]/

/** The `Warning` headers of a response, each said once, whatever becomes of the request. */
export class Warnings {
  readonly #response: ServerResponse
  readonly #texts = new Set<string>()

  constructor(response: ServerResponse) {
    this.#response = response
  }

  add(text: string): void {
    if (text === '' || this.#texts.has(text) || CONTROL.test(text)) return
    this.#texts.add(text)
    const all = [...this.#texts]
    const isLong = all.reduce((sum, one) => sum + one.length, 0) > TOTAL_MAX
    this.#response.setHeader('Warning', isLong ? shortened(all) : all.map(warningHeader))
  }
}

function shortened(texts: readonly string[]): string[] {
  const headers: string[] = []
  let written = 0
  for (const text of texts) {
    if (written >= TOTAL_MAX) break
    const short = text.slice(0, EACH_MAX)
    written += short.length
    headers.push(warningHeader(short))
  }
  return headers
}

/** A `Warning` header's value: code 299, no agent (RFC 7234). UTF-8, which Node takes as bytes of Latin-1. */
function warningHeader(text: string): string {
  const quoted = text.replace(/[\\"]/g, (mark) => `\\${mark}`)
  return Buffer.from(`299 - "${quoted}"`, 'utf8').toString('latin1')
}
