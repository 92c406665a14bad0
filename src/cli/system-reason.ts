/** What the system says went wrong, without the call and the path that Node puts around it. */
export function systemReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return /^E[A-Z0-9]+: ([^,]+), \w+/.exec(message)?.[1] ?? message
}
