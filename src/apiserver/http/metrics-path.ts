import type { ProcessUsage } from '../../world/process-usage.ts'
import { storageKindOf } from '../../api/kind.ts'
import { resourcePath } from '../../store/store.ts'
import type { HttpCall } from './http-call.ts'
import type { PathAnswerer } from './paths.ts'
import { family, printLabels } from './request-metrics.ts'
import { respond } from './respond.ts'

/** `/metrics`: what the server did, holds and uses, in Prometheus' text format, and what `others` tell in it. */
export function metricsPath(usage: () => ProcessUsage, others: () => string = () => ''): PathAnswerer {
  return (call) => {
    if (call.url.pathname !== '/metrics') return false
    const lines = [...call.metrics.lines(), ...objectCounts(call), ...processLines(usage())]
    const type = 'text/plain; version=0.0.4; charset=utf-8'
    respond(call.request, call.response, { code: 200, type, body: `${lines.join('\n')}\n${others()}` })
    return true
  }
}

function* objectCounts({ server }: HttpCall): Generator<string> {
  const { scheme, store } = server.context
  const stored = scheme.kinds().filter((kind) => storageKindOf(kind) === kind && kind.verbs?.includes('list') !== false)
  const samples = new Map<string, number>()
  for (const kind of stored) {
    const resource = kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
    samples.set(printLabels({ resource }), store.count(resourcePath(kind)))
  }
  yield* family('apiserver_storage_objects', 'gauge', 'Objects in the store, by resource.', samples)
}

function* processLines({ cpuSeconds, residentBytes, startedAtSeconds }: ProcessUsage): Generator<string> {
  yield* family('process_cpu_seconds_total', 'counter', 'Processor time used, in seconds.', [['', cpuSeconds]])
  yield* family('process_resident_memory_bytes', 'gauge', 'Resident memory, in bytes.', [['', residentBytes]])
  yield* family('process_start_time_seconds', 'gauge', 'When the process started, in seconds since the epoch.', [
    ['', startedAtSeconds],
  ])
}
