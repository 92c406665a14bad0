import type { NodeTable } from '../node-table.ts'
import type { FilterPlugin } from '../plugin.ts'
import { type Refusal, unresolvable, unschedulable } from '../refusal.ts'
import { isExtendedResource, type PodResources } from '../resources.ts'

const NAME = 'NodeResourcesFit'

/** Gives a node no more pods than it has room for. */
export const nodeResourcesFit: FilterPlugin = {
  name: NAME,
  isLocal: true,
  prepare({ shape: { resources } }, { cluster, args: { NodeResourcesFit: args } }) {
    const { table } = cluster
    const wants = wantsOf(resources, table, (name) => isIgnored(name, args))
    const known = new Map<number, Refusal>()
    return {
      check(row) {
        let lacking = 0
        let isHopeless = false
        for (let index = 0; index < wants.length; index++) {
          const { amount, allocatable, requested, isCount } = wants[index] as Want
          const has = allocatable(row)
          if (amount <= has - requested(row)) continue
          lacking += 2 ** index
          // More than the whole node has: nobody's leaving would help.
          if (!isCount && amount > has) isHopeless = true
        }
        return lacking === 0 ? undefined : refusalOf(lacking, isHopeless, { wants, known })
      },
    }
  },
}

interface Want {
  readonly reason: string
  readonly amount: number
  /** The pod itself, as one of so many that the node takes. */
  readonly isCount: boolean
  allocatable(row: number): number
  requested(row: number): number
}

function isIgnored(
  name: string,
  args: { readonly ignoredResources: readonly string[]; readonly ignoredResourceGroups: readonly string[] },
): boolean {
  if (!isExtendedResource(name)) return false
  return args.ignoredResources.includes(name) || args.ignoredResourceGroups.includes(name.slice(0, name.indexOf('/')))
}

/** In the order in which upstream lists what is missing. Nothing is missing of what the pod does not ask for. */
function wantsOf(resources: PodResources, table: NodeTable, isIgnoredName: (name: string) => boolean): readonly Want[] {
  const wants: Want[] = [
    {
      reason: 'Too many pods',
      amount: 1,
      isCount: true,
      allocatable: (row) => table.allocatablePods[row] ?? 0,
      requested: (row) => table.podCount[row] ?? 0,
    },
    {
      reason: 'Insufficient cpu',
      amount: resources.milliCpu,
      isCount: false,
      allocatable: (row) => table.allocatableMilliCpu[row] ?? 0,
      requested: (row) => table.requestedMilliCpu[row] ?? 0,
    },
    {
      reason: 'Insufficient memory',
      amount: resources.memory,
      isCount: false,
      allocatable: (row) => table.allocatableMemory[row] ?? 0,
      requested: (row) => table.requestedMemory[row] ?? 0,
    },
    {
      reason: 'Insufficient ephemeral-storage',
      amount: resources.ephemeralStorage,
      isCount: false,
      allocatable: (row) => table.allocatableStorage[row] ?? 0,
      requested: (row) => table.requestedStorage[row] ?? 0,
    },
  ]
  for (const [name, amount] of resources.scalars) {
    if (isIgnoredName(name)) continue
    const { allocatable, requested } = table.scalar(name)
    wants.push({
      reason: `Insufficient ${name}`,
      amount,
      isCount: false,
      allocatable: (row) => allocatable.get(row) ?? 0,
      requested: (row) => requested.get(row) ?? 0,
    })
  }
  return wants.filter(({ amount }) => amount > 0)
}

/** Few different refusals stand for thousands of nodes. `lacking` has a bit for each want. */
function refusalOf(
  lacking: number,
  isHopeless: boolean,
  { wants, known }: { wants: readonly Want[]; known: Map<number, Refusal> },
): Refusal {
  const key = 2 * lacking + (isHopeless ? 1 : 0)
  let refusal = known.get(key)
  if (refusal === undefined) {
    const reasons = wants.filter((_, index) => Math.floor(lacking / 2 ** index) % 2 === 1).map(({ reason }) => reason)
    refusal = isHopeless ? unresolvable(NAME, ...reasons) : unschedulable(NAME, ...reasons)
    known.set(key, refusal)
  }
  return refusal
}
