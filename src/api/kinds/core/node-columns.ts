import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import type { Column } from '../../kind.ts'
import type { Node } from '../../types.generated.ts'

const UNKNOWN = '<unknown>'
const ROLE_PREFIX = 'node-role.kubernetes.io/'
const ROLE_LABEL = 'kubernetes.io/role'

/** pkg/printers/internalversion/printers.go printNode. */
export const NODE_COLUMNS: readonly Column<Node>[] = [
  nameColumn(),
  { name: 'Status', type: 'string', description: 'The status of the node', cell: printStatus },
  {
    name: 'Roles',
    type: 'string',
    description: 'The roles of the node',
    cell: (node) => rolesOf(node).join(',') || NONE,
  },
  ageColumn(),
  {
    name: 'Version',
    type: 'string',
    description: 'Kubelet Version reported by the node.',
    cell: ({ status }) => status?.nodeInfo?.kubeletVersion ?? '',
  },
  {
    name: 'Internal-IP',
    type: 'string',
    priority: 1,
    description: 'List of addresses reachable to the node.',
    cell: (node) => addressOf(node, 'InternalIP'),
  },
  {
    name: 'External-IP',
    type: 'string',
    priority: 1,
    description: 'List of addresses reachable to the node.',
    cell: (node) => addressOf(node, 'ExternalIP'),
  },
  {
    name: 'OS-Image',
    type: 'string',
    priority: 1,
    description: 'OS Image reported by the node.',
    cell: ({ status }) => status?.nodeInfo?.osImage || UNKNOWN,
  },
  {
    name: 'Kernel-Version',
    type: 'string',
    priority: 1,
    description: 'Kernel Version reported by the node.',
    cell: ({ status }) => status?.nodeInfo?.kernelVersion || UNKNOWN,
  },
  {
    name: 'Container-Runtime',
    type: 'string',
    priority: 1,
    description: 'ContainerRuntime Version reported by the node.',
    cell: ({ status }) => status?.nodeInfo?.containerRuntimeVersion || UNKNOWN,
  },
]

function printStatus({ spec, status }: Node): string {
  const ready = status?.conditions?.findLast(({ type }) => type === 'Ready')
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return spec.unschedulable === true ? `${text},SchedulingDisabled` : text
}

function rolesOf({ metadata }: Node): readonly string[] {
  const roles = new Set<string>()
  for (const [name, value] of Object.entries(metadata.labels ?? {})) {
    const role = name.startsWith(ROLE_PREFIX) ? name.slice(ROLE_PREFIX.length) : name === ROLE_LABEL ? value : ''
    if (role !== '') roles.add(role)
  }
  return [...roles].toSorted()
}

function addressOf({ status }: Node, wanted: string): string {
  return status?.addresses?.find(({ type }) => type === wanted)?.address ?? NONE
}
