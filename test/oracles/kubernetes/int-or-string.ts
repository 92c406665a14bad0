import { intOrPercent, parseIntOrString, scaledIntOrPercent, type IntOrString } from '../../../src/api/int-or-string.ts'
import { expectFailure, expectSame, type OracleCase } from '../oracle.ts'

export function runIntOrString(name: string, { input, expect }: OracleCase): void {
  const value = input['val'] as IntOrString
  const outcome = (): unknown => {
    switch (name) {
      // IntOrString is a JSON value as it stands, in both directions.
      case 'fromJSON':
        return JSON.parse(String(input['json']))
      case 'toJSON':
        return { json: JSON.stringify({ val: value }) }
      case 'parse':
        return { val: parseIntOrString(String(input['text'])) }
      case 'valueOrPercent': {
        const parsed = intOrPercent(value)
        return { value: parsed.value, percent: parsed.isPercent }
      }
      case 'scaled':
        return { value: scaledIntOrPercent(value, Number(input['total']), { roundUp: input['roundUp'] === true }) }
      default:
        throw new Error(`unknown function intstr.${name}`)
    }
  }
  if (expect['error'] === true) expectFailure('value', outcome)
  else expectSame('value', outcome(), expect)
}
