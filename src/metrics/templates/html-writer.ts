import {
  escapeHtmlText,
  escapeJsString,
  escapeUnquoted,
  escapeUrlPart,
  filterCss,
  filterUrl,
  normalizeHtml,
  normalizeUrl,
  stripTags,
} from './html-escapes.ts'
import { printJson, printPlain } from './print.ts'
import type { OutputWriter } from './execute.ts'
import { isSafeContent, type Value } from './values.ts'

/** What a page is at some point of it. */
type State =
  | { readonly in: 'text' }
  | { readonly in: 'tag'; readonly element: string }
  | { readonly in: 'attribute'; readonly element: string; readonly kind: AttributeKind; readonly delimiter: Delimiter }
  | { readonly in: 'raw'; readonly element: string }
  | { readonly in: 'comment' }

type Delimiter = '"' | "'" | ''
type AttributeKind = 'plain' | 'url' | 'script' | 'style'

/** Elements whose content is no markup. */
const RAW_ELEMENTS = new Set(['script', 'style', 'textarea', 'title'])

const URL_ATTRIBUTES = new Set([
  'action',
  'archive',
  'background',
  'cite',
  'classid',
  'codebase',
  'data',
  'formaction',
  'href',
  'icon',
  'longdesc',
  'manifest',
  'poster',
  'profile',
  'src',
  'usemap',
  'xmlns',
])

/**
 * Writes a page; values are escaped for the place where they stand (facts: golang/go src/html/template). The place is
 * found from what was written so far, so that both branches of a condition need not end in the same one.
 */
export class HtmlWriter implements OutputWriter {
  #written = ''
  #state: State = { in: 'text' }
  /** What stands in the attribute's value so far: what belongs to a URL's query is escaped in another way than its path. */
  #attributeText = ''

  text(text: string): void {
    let at = 0
    while (at < text.length) at = this.#step(text, at)
  }

  value(value: Value): void {
    this.#written += this.#escaped(value)
  }

  print(value: Value): string {
    return printPlain(value)
  }

  finish(): string {
    return this.#written
  }

  /** Takes over text from `at` as long as the place stays what it is; returns where to go on. */
  #step(text: string, at: number): number {
    const state = this.#state
    switch (state.in) {
      case 'text':
        return this.#stepText(text, at)
      case 'tag':
        return this.#stepTag(text, at, state.element)
      case 'attribute':
        return this.#stepAttribute(text, at, state)
      case 'raw':
        return this.#stepRaw(text, at, state.element)
      case 'comment': {
        // Comments are not written: what they say may be of the template's author only.
        const close = text.indexOf('-->', at)
        if (close >= 0) this.#state = { in: 'text' }
        return close < 0 ? text.length : close + 3
      }
    }
  }

  #stepText(text: string, at: number): number {
    const open = text.indexOf('<', at)
    if (open < 0) return this.#take(text, at, text.length)
    if (text.startsWith('<!--', open)) {
      this.#take(text, at, open)
      this.#state = { in: 'comment' }
      return open + 4
    }
    const element = /^<\/?([a-zA-Z][a-zA-Z0-9:-]*)/.exec(text.slice(open, open + 64))
    if (element === null) return this.#take(text, at, open + 1)
    const isClosing = text.startsWith('</', open)
    this.#state = { in: 'tag', element: isClosing ? '' : (element[1] ?? '').toLowerCase() }
    return this.#take(text, at, open + element[0].length)
  }

  #stepTag(text: string, at: number, element: string): number {
    const rest = text.slice(at)
    const space = /^[\s/]+/.exec(rest)
    if (space !== null) return this.#take(text, at, at + space[0].length)
    if (rest.startsWith('>')) {
      this.#state = RAW_ELEMENTS.has(element) ? { in: 'raw', element } : { in: 'text' }
      return this.#take(text, at, at + 1)
    }
    const attribute = /^([^\s=>/]+)(?:\s*=\s*(["']?))?/.exec(rest)
    if (attribute === null) return this.#take(text, at, at + 1)
    const [whole, name = '', delimiter] = attribute
    if (delimiter !== undefined) {
      this.#attributeText = ''
      this.#state = { in: 'attribute', element, kind: kindOf(name.toLowerCase()), delimiter: delimiter as Delimiter }
    }
    return this.#take(text, at, at + whole.length)
  }

  #stepAttribute(text: string, at: number, state: Extract<State, { in: 'attribute' }>): number {
    const { delimiter, element } = state
    const rest = text.slice(at)
    const end = delimiter === '' ? rest.search(/[\s>]/) : rest.indexOf(delimiter)
    const value = end < 0 ? rest : rest.slice(0, end)
    this.#attributeText += value
    if (end < 0) return this.#take(text, at, text.length)
    this.#state = { in: 'tag', element }
    return this.#take(text, at, at + end + delimiter.length)
  }

  #stepRaw(text: string, at: number, element: string): number {
    const close = text.toLowerCase().indexOf(`</${element}`, at)
    if (close < 0) return this.#take(text, at, text.length)
    this.#state = { in: 'tag', element: '' }
    return this.#take(text, at, close + element.length + 2)
  }

  #take(text: string, from: number, to: number): number {
    this.#written += text.slice(from, to)
    return to
  }

  #escaped(value: Value): string {
    const state = this.#state
    const text = value === undefined ? '' : printPlain(value)
    const isMarkup = isSafeContent(value) && value.type === 'template.HTML'
    switch (state.in) {
      case 'text':
        return isMarkup ? text : escapeHtmlText(text)
      case 'comment':
        return ''
      case 'tag':
        return /^[a-zA-Z0-9-]+$/.test(text) && kindOf(text.toLowerCase()) === 'plain' ? text : 'ZgotmplZ'
      case 'raw':
        if (state.element === 'script') return this.#scriptValue(value, text)
        if (state.element === 'style') return filterCss(text)
        return isMarkup ? normalizeHtml(stripTags(text)) : escapeHtmlText(text)
      case 'attribute':
        return this.#attributeValue(value, text, state)
    }
  }

  #scriptValue(value: Value, text: string): string {
    const script = this.#written.slice(this.#written.lastIndexOf('<script'))
    const isInText = /["'][^"'\n]*$/.test(script) && (script.match(/(?<!\\)["']/g) ?? []).length % 2 === 1
    return isInText ? escapeJsString(text) : printJson(value)
  }

  #attributeValue(value: Value, text: string, state: Extract<State, { in: 'attribute' }>): string {
    const inner = this.#attributeContent(value, text, state.kind)
    this.#attributeText += text
    if (state.delimiter === '') return escapeUnquoted(inner)
    return escapeHtmlText(inner)
  }

  #attributeContent(value: Value, text: string, kind: AttributeKind): string {
    switch (kind) {
      case 'url': {
        const isUrl = isSafeContent(value) && value.type === 'template.URL'
        if (/[?#]/.test(this.#attributeText)) return isUrl ? normalizeUrl(text) : escapeUrlPart(text)
        return normalizeUrl(this.#attributeText.trim() === '' && !isUrl ? filterUrl(text) : text)
      }
      case 'script':
        return printJson(value)
      case 'style':
        return filterCss(text)
      case 'plain':
        return isSafeContent(value) && value.type === 'template.HTML' ? stripTags(text) : text
    }
  }
}

function kindOf(name: string): AttributeKind {
  if (name.startsWith('on')) return 'script'
  if (name === 'style') return 'style'
  if (URL_ATTRIBUTES.has(name) || /^data-.*(src|uri|url)/.test(name) || name.startsWith('xmlns:')) return 'url'
  return 'plain'
}
