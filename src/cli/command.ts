/** A flag of a command. Without a placeholder it is a switch. */
export interface Flag {
  readonly description: string
  readonly placeholder?: string
  readonly short?: string
  readonly default?: string
  readonly repeated?: boolean
  /** Fixed choices, for completion and for checking. */
  readonly choices?: readonly string[]
}

/** What the user gave: switches as true, repeated flags as lists, everything else as text. */
export type FlagValues<F extends Readonly<Record<string, Flag>>> = {
  readonly [Name in keyof F]: F[Name] extends { readonly repeated: true }
    ? readonly string[]
    : F[Name] extends { readonly placeholder: string }
      ? F[Name] extends { readonly default: string }
        ? string
        : string | undefined
      : boolean
}

/** A command as data: help, parsing, completion and docs come from it. What it runs is loaded when it runs. */
export interface Command<F extends Readonly<Record<string, Flag>> = Readonly<Record<string, Flag>>> {
  readonly name: string
  readonly group: 'Cluster' | 'Explain' | 'Mesh' | 'Metrics' | 'Help'
  /** One line, without a full stop. */
  readonly summary: string
  /** What else there is to know, in whole sentences. */
  readonly details?: string
  /** What stands after the flags, such as `KIND/NAME`; choices as `bash|zsh|fish`. */
  readonly operands?: string
  readonly examples: readonly (readonly [what: string, line: string])[]
  readonly flags: F
  /** True when Ctrl-C tells it to stop, instead of ending it at once. */
  readonly stopsItself?: boolean
  /** True when a SIGHUP makes it read its configuration anew, instead of telling it to stop. */
  readonly reloadsOnHangUp?: boolean
  /** Returns the exit code: 0 done, 1 done and something is wrong, 2 could not be done. */
  run(call: CommandCall<F>): Promise<number>
}

export interface CommandCall<F extends Readonly<Record<string, Flag>>> {
  readonly operands: readonly string[]
  readonly flags: FlagValues<F>
  readonly out: Output
  /** All commands, for one that speaks of them. */
  commands(): Promise<readonly Command[]>
  /** For a command that stops itself: aborted by the first Ctrl-C. The second ends the process as it is. */
  readonly signal: AbortSignal
}

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Output {
  line(text: string): void
  note(text: string): void
  /** For headings on standard output: bold on a terminal, plain elsewhere. */
  bold(text: string): string
  /** A word in a colour on a terminal, plain elsewhere. */
  paint(colour: Colour, text: string): string
  /** How wide a line of standard output may be. */
  readonly columns: number
}

/** Good, bad, worth a look, and of less weight. */
export type Colour = 'green' | 'red' | 'yellow' | 'dim'

export function command<const F extends Readonly<Record<string, Flag>>>(definition: Command<F>): Command<F> {
  return definition
}
