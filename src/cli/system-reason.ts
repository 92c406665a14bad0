/** What the system says went wrong, without the call and the path that Node puts around it. */
export function systemReason(error: unknown): string {
  // Of a folder to be made, and "file already exists" would not say what is wrong with that.
  if ((error as NodeJS.ErrnoException).code === 'EEXIST') return 'a file is in the way'
  const message = error instanceof Error ? error.message : String(error)
  return /^E[A-Z0-9]+: ([^,]+), \w+/.exec(message)?.[1] ?? message
}
