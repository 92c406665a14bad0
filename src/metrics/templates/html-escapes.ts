const HTML: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\uFFFD',
}

/** Text between tags, as Go's `html` writes it. */
export function escapeHtml(text: string): string {
  return text.replace(/["'&<>\0]/g, (character) => HTML[character] ?? character)
}

const ATTRIBUTE: Readonly<Record<string, string>> = { ...HTML, '+': '&#43;' }

/** Text of a page and of a quoted attribute (html/template/html.go: htmlReplacementTable). */
export function escapeHtmlText(text: string): string {
  return text.replace(/["'&<>+\0]/g, (character) => ATTRIBUTE[character] ?? character)
}

/** As `escapeHtmlText`, for markup that is safe already: its entities stay as they are. */
export function normalizeHtml(text: string): string {
  return text.replace(/["'<>+\0]/g, (character) => ATTRIBUTE[character] ?? character)
}

/** What an attribute without quotes must not have besides. */
export function escapeUnquoted(text: string): string {
  const escaped = text.replace(/["'&<>+\0\t\n\v\f\r =`]/g, (character) => {
    return ATTRIBUTE[character] ?? `&#${character.charCodeAt(0)};`
  })
  return escaped === '' ? '&#xfffd;' : escaped
}

/** Markup without its tags, for where it can be text only. */
export function stripTags(markup: string): string {
  return markup.replace(/<!--[^]*?-->|<\/?[a-zA-Z](?:"[^"]*"|'[^']*'|[^'">])*>/g, '')
}

/** Characters that stand for themselves in a URL, reserved ones included. */
const URL_SAFE = /[A-Za-z0-9\-._~!#$&*+,/:;=?@[\]]/
const URL_UNRESERVED = /[A-Za-z0-9\-._~]/

/** `q%3dtest`: nothing in it is syntax any more. */
export function escapeUrlPart(text: string): string {
  return percent(text, (character) => URL_UNRESERVED.test(character))
}

/** A URL whose syntax stays; what cannot be in one is escaped, escapes stay. */
export function normalizeUrl(text: string): string {
  return percent(
    text,
    (character, rest) => URL_SAFE.test(character) || (character === '%' && /^%[0-9a-fA-F]{2}/.test(rest)),
  )
}

function percent(text: string, isKept: (character: string, rest: string) => boolean): string {
  let escaped = ''
  for (let at = 0; at < text.length;) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
    if (isKept(character, text.slice(at, at + 3))) escaped += character
    else for (const byte of Buffer.from(character)) escaped += `%${byte.toString(16).padStart(2, '0')}`
    at += character.length
  }
  return escaped
}

/** What stands for a URL of a scheme that could run code. */
const REFUSED_URL = '#ZgotmplZ'

/** Only web, mail and relative addresses begin a URL. */
export function filterUrl(text: string): string {
  const scheme = /^([^/?#:]*):/.exec(text)?.[1]?.toLowerCase()
  return scheme === undefined || ['http', 'https', 'mailto'].includes(scheme) ? text : REFUSED_URL
}

/** A text inside a JavaScript string. */
export function escapeJsString(text: string): string {
  return text.replace(/[\p{Cc}"&'+/<>\\`\u2028\u2029]/gu, (character) => {
    if (character === '\\' || character === '/') return `\\${character}`
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** A value of a style: only what can do no more than name a value. */
export function filterCss(text: string): string {
  return /["'()/;@[\\\]`{}<>\0]|--|expression|mozbinding/i.test(text) ? 'ZgotmplZ' : text
}
