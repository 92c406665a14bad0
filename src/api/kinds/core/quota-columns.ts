import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Column } from '../../kind.ts'
import type { ResourceQuota } from '../../types.generated.ts'

/** pkg/printers/internalversion/printers.go printResourceQuota. */
export const QUOTA_COLUMNS: readonly Column<ResourceQuota>[] = [
  nameColumn(),
  {
    name: 'Request',
    type: 'string',
    description: 'Request represents a minimum amount of cpu/memory that a container may consume.',
    cell: (quota) => printUse(quota, (name) => !isLimit(name)),
  },
  {
    name: 'Limit',
    type: 'string',
    description:
      'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
    cell: (quota) => printUse(quota, isLimit),
  },
  ageColumn(),
]

/** `pods: 3/10, requests.cpu: 1/4` */
function printUse({ status }: ResourceQuota, isWanted: (name: string) => boolean): string {
  const names = Object.keys(status?.hard ?? {}).filter(isWanted)
  return names
    .toSorted()
    .map((name) => `${name}: ${status?.used?.[name] ?? '0'}/${status?.hard?.[name] ?? '0'}`)
    .join(', ')
}

function isLimit(name: string): boolean {
  return name.startsWith('limits.')
}
