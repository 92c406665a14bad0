import { BRACE_OPEN, HASH, isDigit, LINE_FEED, QUOTE, type Scanner, SPACE, TAB, type Token } from './scanner.ts'

/** The next token of the text format 0.0.4, blanks included (prometheus: model/textparse/promlex.l). */
export function lexText(scanner: Scanner): Token {
  if (scanner.at >= scanner.length) return 'EOF'
  scanner.start = scanner.at
  const code = scanner.peek()
  if ((code === SPACE || code === TAB) && scanner.state !== 'metadata text') {
    scanner.skipBlanks()
    return 'WHITESPACE'
  }
  switch (scanner.state) {
    case 'comment':
      return commentOrMetadata(scanner)
    case 'metadata name':
      return code === QUOTE
        ? scanner.quoted('MNAME', { lineBreaks: true, nuls: false, next: 'metadata text' })
        : scanner.name('MNAME', { colons: true, next: 'metadata text' })
    case 'metadata text':
      return restOfLine(scanner, 'TEXT')
    case 'labels':
      return scanner.labelPart({ lineBreaks: true, state: 'labels', value: 'label value', end: 'value' })
    case 'label value':
      if (code !== QUOTE) return 'INVALID'
      return scanner.quoted('LVALUE', { lineBreaks: true, nuls: true, next: 'labels' })
    case 'value':
      return code === BRACE_OPEN ? scanner.single('BOPEN', 'labels') : value(scanner)
    case 'timestamp':
      if (code === LINE_FEED) return scanner.single('LINEBREAK', 'init')
      if (!isDigit(code)) return 'INVALID'
      while (isDigit(scanner.peek())) scanner.at++
      return 'TIMESTAMP'
    default:
      return lineStart(scanner)
  }
}

function lineStart(scanner: Scanner): Token {
  const code = scanner.peek()
  if (code === 0) return 'EOF'
  if (code === LINE_FEED) return scanner.single('LINEBREAK', 'init')
  if (code === BRACE_OPEN) return scanner.single('BOPEN', 'labels')
  if (code !== HASH) return scanner.name('MNAME', { colons: true, next: 'value' })
  scanner.at++
  if (scanner.peek() !== SPACE && scanner.peek() !== TAB) return restOfLine(scanner, 'COMMENT')
  scanner.skipBlanks()
  scanner.state = 'comment'
  return commentOrMetadata(scanner)
}

/** After `# `: only two words make it more than a comment. */
function commentOrMetadata(scanner: Scanner): Token {
  const { text, at } = scanner
  const after = text.charCodeAt(at + 4)
  if (after === SPACE || after === TAB) {
    const token = text.startsWith('HELP', at) ? 'HELP' : text.startsWith('TYPE', at) ? 'TYPE' : undefined
    if (token !== undefined) {
      scanner.at += 4
      scanner.skipBlanks()
      scanner.state = 'metadata name'
      return token
    }
  }
  return restOfLine(scanner, 'COMMENT')
}

/** Up to the line break, which is left for the next token. */
function restOfLine(scanner: Scanner, token: Token): Token {
  const end = scanner.text.indexOf('\n', scanner.at)
  scanner.at = end < 0 ? scanner.text.length : end
  scanner.state = 'init'
  return end < 0 && token === 'COMMENT' ? 'EOF' : token
}

function value(scanner: Scanner): Token {
  const { text } = scanner
  let { at } = scanner
  for (; ; at++) {
    const code = text.charCodeAt(at)
    if (code === BRACE_OPEN || code === SPACE || code === TAB || code === LINE_FEED || !(code > 0)) break
  }
  if (at === scanner.at) return 'INVALID'
  scanner.at = at
  scanner.state = 'timestamp'
  return 'VALUE'
}
