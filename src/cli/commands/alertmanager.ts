import { ALERTMANAGER_FLAGS } from '../../metrics/server/alertmanager-flags.ts'
import { command } from '../command.ts'

export default command({
  name: 'alertmanager',
  group: 'Metrics',
  summary: 'Run an Alertmanager alone, with its own flags and its own files',
  details:
    'Reads alertmanager.yml and templates as they are, keeps silences over restarts, and answers Alertmanager’s API v2 on ' +
    '127.0.0.1, for amtool as well. A SIGHUP makes it read its configuration anew.',
  examples: [
    [
      'With what an Alertmanager would be given',
      'dabba alertmanager --config.file=alertmanager.yml --storage.path=data/',
    ],
  ],
  flags: ALERTMANAGER_FLAGS,
  stopsItself: true,
  reloadsOnHangUp: true,
  async run({ flags, out, signal }) {
    const { runProgram } = await import('../metrics/run-program.ts')
    const { runAlertmanager } = await import('../../metrics/server/run-alertmanager.ts')
    return runProgram(runAlertmanager, { flags, out, signal })
  },
})
