import { characterCount } from './values.ts'

/** One thing wrong with a source, found before it runs. */
export interface Issue {
  /** In code points; negative when it has no place. */
  readonly offset: number
  readonly message: string
}

/** google/cel-go common/errors.go */
const ISSUES_MAX = 100
const SNIPPET_LENGTH_MAX = 16_384

/** As cel-go shows them: place, message, the line, and a mark below it. */
export function printIssues(source: string, issues: readonly Issue[]): string {
  const lines = source.split('\n')
  const placed = issues.slice(0, ISSUES_MAX).map((issue) => ({ issue, place: placeOf(lines, issue.offset) }))
  placed.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  const printed = placed.map(({ issue, place }) => printIssue(lines, issue, place))
  if (issues.length > ISSUES_MAX) printed.push(`${issues.length - ISSUES_MAX} more errors were truncated`)
  return printed.join('\n')
}

interface Place {
  /** From 1; -1 when it has no place. */
  readonly line: number
  /** From 0; -1 when it has no place. */
  readonly column: number
}

function placeOf(lines: readonly string[], offset: number): Place {
  if (offset < 0) return { line: -1, column: -1 }
  let rest = offset
  for (const [index, line] of lines.entries()) {
    const length = characterCount(line)
    if (rest <= length) return { line: index + 1, column: rest }
    rest -= length + 1
  }
  return { line: lines.length, column: rest }
}

function printIssue(lines: readonly string[], { message }: Issue, { line, column }: Place): string {
  const head = `ERROR: <input>:${line}:${column + 1}: ${message}`
  const text = lines[line - 1]
  if (text === undefined || text.length > SNIPPET_LENGTH_MAX) return head
  const snippet = text.replaceAll('\t', ' ')
  const characters = Array.from(snippet)
  const isWide = (character: string | undefined): boolean => character !== undefined && character.charCodeAt(0) > 127
  const lead = characters.slice(0, Math.max(column, 0)).map((character) => (isWide(character) ? '．' : '.'))
  const mark = isWide(characters[column]) ? '＾' : '^'
  return `${head}\n | ${snippet}\n | ${lead.join('')}${mark}`
}
