/** pkg/printers/internalversion/printers.go printBoolPtr: flags that may be unset are printed as words. */
export function printFlag(flag: boolean | undefined): string {
  if (flag === undefined) return '<unset>'
  return flag ? 'True' : 'False'
}
