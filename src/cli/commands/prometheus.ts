import { PROMETHEUS_FLAGS } from '../../metrics/server/prometheus-flags.ts'
import { command } from '../command.ts'

export default command({
  name: 'prometheus',
  group: 'Metrics',
  summary: 'Run a Prometheus alone, with its own flags and its own files',
  details:
    'Reads prometheus.yml and rule files as they are, keeps its series in Prometheus’ format, and answers Prometheus’ ' +
    'HTTP API on 127.0.0.1. A SIGHUP makes it read its configuration anew.',
  examples: [
    [
      'With what a Prometheus would be given',
      'dabba prometheus --config.file=prometheus.yml --storage.tsdb.path=data/',
    ],
    ['On another port, to be reloaded over HTTP', 'dabba prometheus --web.listen-address=:9091 --web.enable-lifecycle'],
  ],
  flags: PROMETHEUS_FLAGS,
  stopsItself: true,
  reloadsOnHangUp: true,
  async run({ flags, out, signal }) {
    const { runProgram } = await import('../metrics/run-program.ts')
    const { runPrometheus } = await import('../../metrics/server/run-prometheus.ts')
    return runProgram(runPrometheus, { flags, out, signal })
  },
})
