import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../../../src/metrics/alerting/config/config-error.ts'
import { loadAlertmanagerConfig } from '../../../src/metrics/alerting/config/alertmanager-config.ts'
import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

/** config/index.json: configurations that are accepted or refused. */
export const oracle: Oracle = {
  open(_document, folder) {
    return ({ id, input, expect }: OracleCase) => {
      const content =
        'yaml' in input ? String(input['yaml']) : readFileSync(join(folder, 'files', String(input['file'])), 'utf8')
      // The authors' library is in classic mode until a program says otherwise; amtool is a program.
      const failure = attempt(content, id.includes('check-config') ? 'fallback' : 'classic')
      if (expect['accepted'] === true) {
        if (failure !== undefined) throw new Mismatch(`must be accepted: ${failure.message}`)
        return
      }
      if (failure === undefined) throw new Mismatch('must be refused')
      if ('error' in expect) expectSame('error', failure.message, expect['error'])
      const part = expect['error_contains']
      if (typeof part === 'string' && !failure.message.includes(part))
        throw new Mismatch(`want ${part} in ${failure.message}`)
    }
  },
}

function attempt(content: string, mode: 'classic' | 'fallback'): ConfigError | undefined {
  try {
    loadAlertmanagerConfig(content, mode)
    return undefined
  } catch (failure) {
    if (failure instanceof ConfigError) return failure
    throw failure
  }
}
