import type { Oracle } from '../oracle.ts'
import { runIntOrString } from './int-or-string.ts'
import { runName } from './names.ts'
import { runQuantity } from './quantities.ts'
import { runFieldSelector, runLabelSelector } from './selectors.ts'

export const oracle: Oracle = {
  open: () => (oracleCase) => {
    const [area = '', name = ''] = String(oracleCase.input['function']).split('.')
    switch (area) {
      case 'labels':
        return runLabelSelector(name, oracleCase)
      case 'fields':
        return runFieldSelector(name, oracleCase)
      case 'quantity':
        return runQuantity(name, oracleCase)
      case 'intstr':
        return runIntOrString(name, oracleCase)
      case 'validate':
        return runName(name, oracleCase)
      default:
        throw new Error(`unknown function ${area}.${name}`)
    }
  },
}
