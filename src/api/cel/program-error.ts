/** A checked expression that cannot become a program, such as one with a malformed regular expression. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
}
