import type { ProcessUsage } from '../../../world/process-usage.ts'
import { type MetricFamily, single } from '../../instrument/metric-families.ts'

/** What the process uses that a part of the cluster runs in: all of them run in one. */
export function processFamilies({
  cpuSeconds,
  residentBytes,
  startedAtSeconds,
}: ProcessUsage): readonly MetricFamily[] {
  return [
    single('counter', 'process_cpu_seconds_total', 'Processor time used, in seconds.', cpuSeconds),
    single('gauge', 'process_resident_memory_bytes', 'Resident memory, in bytes.', residentBytes),
    single('gauge', 'process_start_time_seconds', 'When it started, in seconds since the epoch.', startedAtSeconds),
  ]
}
