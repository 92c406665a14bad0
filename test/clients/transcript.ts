/** One command of a transcript and what it must print. */
export interface Step {
  /** The line of the transcript that the command begins at, from 1. */
  readonly line: number
  /** What the shell runs. */
  readonly command: string
  readonly expected: readonly string[]
  readonly code: number
  /** The command is repeated until it prints what is expected: what it asks about takes its time. */
  readonly soon: boolean
}

/** The two ways in which helm prints a time. */
const STAMPS = [
  String.raw`[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}`,
  String.raw`\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)? \+0000 UTC`,
]

/**
 * What stands for text that differs from run to run. Anything else between angle brackets is meant literally, such as
 * kubectl's own `<none>`.
 */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  age: String.raw`(?:\d+(?:\.\d+)?(?:ms|[ywdhms])){1,2}`,
  date: String.raw`[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+0000`,
  digest: '[0-9a-f]{64}',
  hash: '[bcdfghjklmnpqrstvwxz2456789]{4,10}',
  id: '[bcdfghjklmnpqrstvwxz2456789]{5}',
  ip: String.raw`\d{1,3}(?:\.\d{1,3}){3}`,
  n: String.raw`\d+`,
  node: 'node-[1-3]',
  stamp: `(?:${STAMPS.join('|')})`,
  time: String.raw`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z`,
  uid: '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
  any: '.*',
}

const COMMAND = '$ '
const CONTINUED = '> '
const SOON = /\s+# soon$/
const EXIT = /^\[exit (\d+)\]$/
const ONLY_FOR = /^\[(\d\.\d+)\] ?/

/**
 * Reads a transcript: what a user would see in a terminal.
 *
 *     # Why this is here; blank lines and such lines before a command are for the reader.
 *     $ kubectl get pod web
 *     NAME   READY   STATUS    RESTARTS   AGE
 *     web    1/1     Running   0          <age>
 *
 *     $ kubectl get pod nobody
 *     Error from server (NotFound): pods "nobody" not found
 *     [exit 1]
 *
 * A command goes on in lines that begin with `> `; one that ends in `# soon` is repeated until it prints what follows.
 * `...` stands for any lines, a line that begins with `[1.34]` is expected of that version of the client only.
 */
export function parseTranscript(text: string, version: string): Step[] {
  const steps: Step[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    if (!lines[at]?.startsWith(COMMAND)) continue
    const first = at
    const command = [(lines[at] ?? '').slice(COMMAND.length)]
    while (lines[at + 1]?.startsWith(CONTINUED)) command.push((lines[++at] ?? '').slice(CONTINUED.length))
    const output: string[] = []
    while (at + 1 < lines.length && !lines[at + 1]?.startsWith(COMMAND)) output.push(lines[++at] ?? '')
    steps.push(stepOf({ line: first + 1, command, output: linesFor(version, withoutRemarks(output)) }))
  }
  return steps
}

/** Whether `output` is what a step expects; if not, the first line at which it is not. */
export function mismatch(step: Step, output: string): string | undefined {
  const actual = withoutTrailingBlanks(output.split('\n'))
  const furthest = match(step.expected, actual)
  if (furthest === undefined) return undefined
  const { expectedAt, actualAt } = furthest
  const [wanted = '(the end)', got = '(the end)'] = [step.expected[expectedAt], actual[actualAt]]
  return `expected: ${wanted}\n     got: ${got}\nin:\n${actual.map((line) => `  ${line}`).join('\n')}`
}

interface Place {
  readonly expectedAt: number
  readonly actualAt: number
}

/** Where matching got to before it failed; nothing when all of it matched. */
function match(expected: readonly string[], actual: readonly string[]): Place | undefined {
  let furthest: Place = { expectedAt: 0, actualAt: 0 }
  const from = (expectedAt: number, actualAt: number): boolean => {
    for (;;) {
      if (actualAt >= furthest.actualAt) furthest = { expectedAt, actualAt }
      const wanted = expected[expectedAt]
      const got = actual[actualAt]
      if (wanted === undefined) return got === undefined
      if (wanted.trim() === '...') {
        for (let rest = actualAt; rest <= actual.length; rest++) if (from(expectedAt + 1, rest)) return true
        return false
      }
      if (got === undefined || !lineMatches(wanted, got)) return false
      expectedAt++
      actualAt++
    }
  }
  return from(0, 0) ? undefined : furthest
}

/** Exactly, but for placeholders, and for how wide the columns are: that depends on what is in them. */
function lineMatches(wanted: string, got: string): boolean {
  if (wanted === got) return true
  const parts = wanted.trimEnd().split(/(<[a-z]+>|(?<=\S)(?: {2,}| *\t)[\t ]*)/)
  const pattern = parts.map((part) => {
    const placeholder = PLACEHOLDERS[part.slice(1, -1)]
    if (part.startsWith('<') && placeholder !== undefined) return placeholder
    return /^(?: {2}| *\t)\s*$/.test(part) ? String.raw`\s+` : part.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
  })
  return new RegExp(`^${pattern.join('')}$`).test(got.trimEnd())
}

function stepOf({ line, command, output }: { line: number; command: string[]; output: string[] }): Step {
  const script = command.join('\n')
  const exit = EXIT.exec(output.at(-1) ?? '')
  return {
    line,
    command: script.replace(SOON, ''),
    expected: withoutTrailingBlanks(exit === null ? output : output.slice(0, -1)),
    code: Number(exit?.[1] ?? 0),
    soon: SOON.test(script),
  }
}

/** Without what stands between the output and the next command: blank lines, and remarks after a blank line. */
function withoutRemarks(lines: readonly string[]): string[] {
  let end = lines.length
  for (;;) {
    while (end > 0 && lines[end - 1] === '') end--
    let start = end
    while (start > 0 && /^#( |$)/.test(lines[start - 1] ?? '')) start--
    if (start === end || lines[start - 1] !== '') return lines.slice(0, end)
    end = start
  }
}

function linesFor(version: string, lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const only = ONLY_FOR.exec(line)?.[1]
    if (only === undefined) return [line]
    return only === version ? [line.replace(ONLY_FOR, '')] : []
  })
}

function withoutTrailingBlanks(lines: readonly string[]): string[] {
  const last = lines.findLastIndex((line) => line.trim() !== '')
  return lines.slice(0, last + 1)
}
