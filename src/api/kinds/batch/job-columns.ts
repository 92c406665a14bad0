import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import { humanDuration } from '../../columns/human-duration.ts'
import type { Column } from '../../kind.ts'
import type { Job } from '../../types.generated.ts'
import { containerColumns, selectorColumn } from '../apps/workload-columns.ts'

/** pkg/printers/internalversion/printers.go printJob. */
export const JOB_COLUMNS: readonly Column<Job>[] = [
  nameColumn(),
  { name: 'Status', type: 'string', description: 'Status of the job.', cell: printStatus },
  {
    name: 'Completions',
    type: 'string',
    description: 'The number of pods which reached phase Succeeded.',
    cell: printCompletions,
  },
  { name: 'Duration', type: 'string', description: 'Time required to complete the job.', cell: printDuration },
  ageColumn(),
  ...containerColumns<Job>(({ spec }) => spec.template),
  selectorColumn(({ spec }) => spec.selector, 'A label query over pods that should match the pod count.'),
]

/** The first of these conditions that holds. */
const CONDITIONS: readonly string[] = [
  'Complete',
  'Failed',
  'Terminating',
  'Suspended',
  'FailureTarget',
  'SuccessCriteriaMet',
]

function printStatus({ metadata, status }: Job): string {
  const holding = new Set((status?.conditions ?? []).filter((one) => one.status === 'True').map(({ type }) => type))
  holding.delete('Terminating')
  if (metadata.deletionTimestamp !== undefined) holding.add('Terminating')
  return CONDITIONS.find((type) => holding.has(type)) ?? 'Running'
}

function printCompletions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`
  const parallelism = spec.parallelism ?? 0
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function printDuration({ status }: Job, nowMs: number): string {
  const { startTime, completionTime } = status ?? {}
  if (startTime === undefined) return ''
  return humanDuration((completionTime === undefined ? nowMs : Date.parse(completionTime)) - Date.parse(startTime))
}
