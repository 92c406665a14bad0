import { KUBERNETES_ENVIRONMENT } from '../../../cel/kubernetes.ts'
import { printIssues } from '../../../cel/issues.ts'
import { parse } from '../../../cel/parser.ts'
import { error, type Problem } from './problem.ts'

/** Which requests are logged, as an expression in CEL over Envoy's attributes. */
export interface LogFilter {
  readonly expression?: string
}

/** Only whether it can be read: what the attributes are, Envoy knows. */
export function* validateLogFilter({ expression = '' }: LogFilter): Generator<Problem> {
  const { issues } = parse(expression, KUBERNETES_ENVIRONMENT)
  if (issues.length > 0) yield error(`must be a valid CEL expression, ${printIssues(expression, issues)}`)
}
