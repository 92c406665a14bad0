import { BRACE_OPEN, HASH, LINE_FEED, type LexerState, QUOTE, type Scanner, SPACE, type Token } from './scanner.ts'

/** The next token of OpenMetrics 1.0, where every blank counts (prometheus: model/textparse/openmetricslex.l). */
export function lexOpenMetrics(scanner: Scanner): Token {
  if (scanner.at >= scanner.length) return 'EOF'
  scanner.start = scanner.at
  switch (scanner.state) {
    case 'comment':
      return keyword(scanner)
    case 'metadata name':
      return scanner.peek() === QUOTE
        ? scanner.quoted('MNAME', { lineBreaks: true, nuls: false, next: 'metadata text' })
        : scanner.name('MNAME', { colons: true, next: 'metadata text' })
    case 'metadata text':
      return metadataText(scanner)
    case 'labels':
      return scanner.labelPart({ lineBreaks: true, state: 'labels', value: 'label value', end: 'value' })
    case 'label value':
      if (scanner.peek() !== QUOTE) return 'INVALID'
      return scanner.quoted('LVALUE', { lineBreaks: false, nuls: true, next: 'labels' })
    case 'value':
      return scanner.peek() === BRACE_OPEN ? scanner.single('BOPEN', 'labels') : word(scanner, 'VALUE', 'timestamp')
    case 'timestamp':
      return afterValue(scanner)
    case 'exemplar':
      return scanner.labelPart({ lineBreaks: false, state: 'exemplar', value: 'exemplar value', end: 'exemplar value' })
    case 'exemplar value':
      return scanner.peek() === QUOTE
        ? scanner.quoted('LVALUE', { lineBreaks: false, nuls: false, next: 'exemplar' })
        : word(scanner, 'VALUE', 'exemplar timestamp')
    case 'exemplar timestamp':
      if (scanner.peek() === LINE_FEED) return scanner.single('LINEBREAK', 'init')
      return word(scanner, 'TIMESTAMP', 'exemplar timestamp')
    default:
      return lineStart(scanner)
  }
}

function lineStart(scanner: Scanner): Token {
  if (scanner.peek() === BRACE_OPEN) return scanner.single('BOPEN', 'labels')
  if (scanner.peek() !== HASH) return scanner.name('MNAME', { colons: true, next: 'value' })
  scanner.at++
  if (scanner.peek() !== SPACE) return 'INVALID'
  scanner.at++
  scanner.state = 'comment'
  return keyword(scanner)
}

const KEYWORDS: readonly (readonly [string, Token])[] = [
  ['HELP ', 'HELP'],
  ['TYPE ', 'TYPE'],
  ['UNIT ', 'UNIT'],
  ['EOF', 'EOFWORD'],
]

/** After `# `: no comment is free text here. */
function keyword(scanner: Scanner): Token {
  const { text, at } = scanner
  let matched = 0
  for (const [word, token] of KEYWORDS) {
    const length = commonLength(word, text, at)
    if (length < word.length) {
      matched = Math.max(matched, length)
      continue
    }
    scanner.at += length
    if (token === 'EOFWORD') {
      if (scanner.peek() === LINE_FEED) scanner.at++
      scanner.state = 'init'
    } else scanner.state = 'metadata name'
    return token
  }
  scanner.at += matched
  return 'INVALID'
}

function commonLength(word: string, text: string, at: number): number {
  let length = 0
  while (length < word.length && text.charCodeAt(at + length) === word.charCodeAt(length)) length++
  return length
}

function metadataText(scanner: Scanner): Token {
  if (scanner.peek() !== SPACE) return 'INVALID'
  const end = scanner.text.indexOf('\n', scanner.at)
  scanner.at = end < 0 ? scanner.text.length : end + 1
  if (end < 0) return 'INVALID'
  scanner.state = 'init'
  return 'TEXT'
}

/** A blank, and what follows it up to the next one. */
function word(scanner: Scanner, token: Token, next: LexerState): Token {
  if (scanner.peek() !== SPACE) return 'INVALID'
  scanner.at++
  if (!isWordPart(scanner.peek())) return 'INVALID'
  while (isWordPart(scanner.peek())) scanner.at++
  scanner.state = next
  return token
}

function afterValue(scanner: Scanner): Token {
  if (scanner.peek() === LINE_FEED) return scanner.single('LINEBREAK', 'init')
  const { text, at } = scanner
  if (!text.startsWith(' # ', at)) return word(scanner, 'TIMESTAMP', 'timestamp')
  scanner.at += 3
  if (scanner.peek() !== BRACE_OPEN) return 'INVALID'
  return scanner.single('COMMENT', 'exemplar')
}

function isWordPart(code: number): boolean {
  return code > 0 && code !== SPACE && code !== LINE_FEED
}
