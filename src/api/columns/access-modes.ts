const ABBREVIATIONS: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]

/** `RWO,RWX`, always in the same order: pkg/apis/core/helper/helpers.go GetAccessModesAsString. */
export function printAccessModes(modes: readonly string[] | undefined): string {
  return ABBREVIATIONS.filter(([mode]) => modes?.includes(mode) === true)
    .map(([, text]) => text)
    .join(',')
}
