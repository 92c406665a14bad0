import { goQuote } from '../../../../base/go-quote.ts'
import { domainProblem } from './domain-names.ts'
import { isDnsLabel } from './labels.ts'
import { error, errorOf, type Maybe, type Problem, warning } from './problem.ts'

/** The word for all sidecars among names of gateways. */
export const MESH_GATEWAY = 'mesh'

/**
 * Gateways as `namespace/name`. One without its namespace ends the check: what follows it is not looked at. `isConverted`
 * is for routes that stand for those of the Gateway API.
 */
export function* validateGatewayNames(
  names: Maybe<readonly string[]>,
  { isConverted }: { readonly isConverted: boolean },
): Generator<Problem> {
  for (const gateway of names ?? []) {
    const slash = gateway.indexOf('/')
    if (slash < 0) {
      yield* validateShortName(gateway)
      return
    }
    const namespace = gateway.slice(0, slash)
    const name = gateway.slice(slash + 1)
    if (namespace === '' || name === '') yield error('config namespace and gateway name cannot be empty')
    if (!isDnsLabel(namespace)) yield error(`invalid value for namespace: ${goQuote(namespace)}`)
    if (!isDnsLabel(name) && !isConverted) yield error(`invalid value for gateway name: ${goQuote(name)}`)
  }
}

function* validateShortName(gateway: string): Generator<Problem> {
  const [name = '', namespace] = gateway.split('.')
  if (namespace !== undefined) {
    const preferred = `prefer the <namespace>/<name> format: ${goQuote(`${namespace}/${name}`)}`
    yield warning(`using legacy gatewayName format ${goQuote(gateway)}; ${preferred}`)
  }
  yield* errorOf(domainProblem(gateway))
}
