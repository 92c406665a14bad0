import { parseIp, parsePrefix } from '../../names/ip-address.ts'
import { validateDns1123Label, validateDns1123Subdomain } from '../../names/dns.ts'
import { compilePattern, type Pattern } from '../patterns.ts'
import { parseDate, parseDuration } from '../time.ts'
import { Duration } from '../values.ts'
import { isRequestUri } from './go-url.ts'

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const UUID_3 = /^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const UUID_4 = /^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i
const UUID_5 = /^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/i
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/
const CREDIT_CARD =
  /^(?:4[0-9]{12}(?:[0-9]{3})?|5[1-5][0-9]{14}|6(?:011|5[0-9][0-9])[0-9]{12}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|(?:2131|1800|35\d{3})\d{11})$/
const SSN = /^\d{3}[- ]?\d{2}[- ]?\d{4}$/
const HEX_COLOR = /^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/
const COLOR_PART = '(?:0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])'
const RGB_COLOR = new RegExp(`^rgb\\(\\s*${COLOR_PART}\\s*,\\s*${COLOR_PART}\\s*,\\s*${COLOR_PART}\\s*\\)$`)
const MAC = /^(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1)*[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.)+[0-9A-Fa-f]{4})$/
const MAC_BYTES = new Set([6, 8, 20])
const TIME_OF_DAY = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|[+-][0-9]{2}:[0-9]{2})$/
const EMAIL_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\-\\u0080-\\uffff]+"
const EMAIL_ADDRESS = `(?:${EMAIL_ATOM}(?:\\.${EMAIL_ATOM})*|"(?:[^"\\\\]|\\\\.)+")@(?:${EMAIL_ATOM}(?:\\.${EMAIL_ATOM})*|\\[[^\\]]+\\])`
const EMAIL = new RegExp(`^\\s*(?:${EMAIL_ADDRESS}|[^<>@]*<${EMAIL_ADDRESS}>)\\s*$`)
const HOST_CHARACTER = 'a-zA-Z0-9\\p{S}\\p{L}'
const HOSTNAME = `^([${HOST_CHARACTER}]((-?[${HOST_CHARACTER}]{0,62})?)|([${HOST_CHARACTER}](([a-zA-Z0-9-\\p{S}\\p{L}]{0,61}[${HOST_CHARACTER}])?)(\\.)){1,}([a-zA-Z\\p{L}]){2,63})$`
const HOSTNAME_LENGTH_MAX = 255
const LABEL_LENGTH_MAX = 63

/** Compiled when first needed, as hardly any schema asks for it. */
let hostnamePattern: Pattern | undefined

/** Formats of strings that schemas may ask for: k8s.io/kube-openapi pkg/validation/strfmt. Names have lost their hyphens. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  bsonobjectid: (text) => /^[0-9a-f]{24}$/i.test(text),
  uri: isRequestUri,
  email: (text) => EMAIL.test(text),
  hostname: isHostname,
  ipv4: (text) => text.includes('.') && parseIp(text) !== undefined,
  ipv6: (text) => text.includes(':') && parseIp(text) !== undefined,
  cidr: (text) => parsePrefix(text) !== undefined,
  mac: isMac,
  uuid: (text) => UUID.test(text),
  uuid3: (text) => UUID_3.test(text),
  uuid4: (text) => UUID_4.test(text),
  uuid5: (text) => UUID_5.test(text),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: (text) => SSN.test(text),
  hexcolor: (text) => HEX_COLOR.test(text),
  rgbcolor: (text) => RGB_COLOR.test(text),
  byte: (text) => BASE64.test(text),
  password: () => true,
  date: (text) => parseDate(text) !== undefined,
  duration: (text) => parseHumanDuration(text) !== undefined,
  datetime: isDateTime,
  k8sshortname: (text) => validateDns1123Label(text).length === 0,
  k8slongname: (text) => validateDns1123Subdomain(text).length === 0,
}

/** The check for a format, whichever way its name is hyphenated; undefined for formats that nobody checks. */
export function stringFormat(name: string): ((text: string) => boolean) | undefined {
  const plain = name.replaceAll('-', '')
  return Object.hasOwn(FORMATS, plain) ? FORMATS[plain] : undefined
}

function isHostname(text: string): boolean {
  hostnamePattern ??= compilePattern(HOSTNAME)
  if (!hostnamePattern.test(text) || Buffer.byteLength(text) > HOSTNAME_LENGTH_MAX) return false
  return text.split('.').every((label) => Buffer.byteLength(label) <= LABEL_LENGTH_MAX)
}

function isMac(text: string): boolean {
  return MAC.test(text) && MAC_BYTES.has(text.replace(/[:.-]/g, '').length / 2)
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  const sum = Array.from(digits, (digit, index) => (index + 1) * (digit === 'X' ? 10 : Number(digit)))
  return sum.reduce((total, part) => total + part, 0) % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  const sum = Array.from(digits, (digit, index) => Number(digit) * (index % 2 === 0 ? 1 : 3))
  return sum.reduce((total, part) => total + part, 0) % 10 === 0
}

/** By Luhn's checksum. */
function isCreditCard(text: string): boolean {
  const digits = text.replace(/[^0-9]+/g, '')
  if (!CREDIT_CARD.test(digits)) return false
  let sum = 0
  for (const [index, digit] of Array.from(digits).reverse().entries()) {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
    sum += value > 9 ? value - 9 : value
  }
  return sum % 10 === 0
}

/** RFC 3339, in either case. */
function isDateTime(text: string): boolean {
  const [date = '', ...rest] = text.toLowerCase().split('t')
  if (rest.length === 0 || parseDate(date) === undefined) return false
  const match = TIME_OF_DAY.exec(rest[0] ?? '')
  if (match === null) return false
  const [, hours = '', minutes = '', seconds = ''] = match
  return hours <= '23' && minutes <= '59' && seconds <= '59'
}

const HUMAN_PART = /((\d+)\s*([A-Za-zµ]+))/g
const HUMAN_UNITS: readonly (readonly [readonly string[], bigint])[] = [
  [['ns', 'nano'], 1n],
  [['us', 'µs', 'micro'], 1_000n],
  [['ms', 'milli'], 1_000_000n],
  [['s', 'sec'], 1_000_000_000n],
  [['m', 'min'], 60_000_000_000n],
  [['h', 'hr', 'hour'], 3_600_000_000_000n],
  [['d', 'day'], 86_400_000_000_000n],
  [['w', 'wk', 'week'], 604_800_000_000_000n],
]

/** Go's durations, and `3 days`: k8s.io/kube-openapi pkg/validation/strfmt/duration.go. */
export function parseHumanDuration(text: string): Duration | undefined {
  const plain = parseDuration(text)
  if (plain !== undefined) return plain
  let total: bigint | undefined
  for (const [, , count = '', name = ''] of text.matchAll(HUMAN_PART)) {
    const unit = name.toLowerCase()
    for (const [variants, nanoseconds] of HUMAN_UNITS) {
      const isIt = variants.includes(unit) || unit.startsWith(variants.at(-1) ?? '')
      if (isIt) total = (total ?? 0n) + BigInt(count) * nanoseconds
    }
  }
  return total === undefined ? undefined : new Duration(total)
}
