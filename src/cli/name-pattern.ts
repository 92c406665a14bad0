import { UserError } from '../base/user-error.ts'

/** What `--run` selects tests by. */
export function patternOf(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch (error) {
    throw new UserError('DABBA_USAGE', {
      message: `--run=${text} is no regular expression: ${(error as Error).message}`,
      hint: 'Give it one that matches names of tests',
      cause: error,
    })
  }
}
