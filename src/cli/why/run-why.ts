import type { Output } from '../command.ts'
import { connect, unreachable } from '../connect.ts'
import { usage } from '../parse.ts'
import { whyAutoscaler } from './why-autoscaler.ts'
import type { WhyCall, WhyFlags } from './why-call.ts'
import { whyPod } from './why-pod.ts'

type Explain = (key: { namespace: string; name: string }, call: WhyCall) => Promise<number>

/** What can be asked about, by the names that kubectl has for it. */
const SUBJECTS: Readonly<Record<string, Explain>> = {
  pod: whyPod,
  pods: whyPod,
  po: whyPod,
  hpa: whyAutoscaler,
  horizontalpodautoscaler: whyAutoscaler,
  horizontalpodautoscalers: whyAutoscaler,
}

/** `dabba why KIND/NAME`. */
export async function runWhy(operands: readonly string[], flags: WhyFlags, out: Output): Promise<number> {
  const { explain, name } = subjectOf(operands)
  const client = connect(flags)
  try {
    return await explain({ namespace: flags.namespace, name }, { client, flags, out })
  } catch (error) {
    throw unreachable(error) ?? error
  }
}

function subjectOf(operands: readonly string[]): { readonly explain: Explain; readonly name: string } {
  const [operand = '', ...rest] = operands
  const [, kind = '', name = ''] = /^([a-z]+)\/([^/]+)$/.exec(operand) ?? []
  const explain = Object.hasOwn(SUBJECTS, kind) ? SUBJECTS[kind] : undefined
  if (explain !== undefined && rest.length === 0) return { explain, name }
  const given = operands.length === 0 ? 'and none was given' : `not "${operands.join(' ')}"`
  throw usage({ name: 'why' }, `\`dabba why\` takes one pod/NAME or hpa/NAME, ${given}`)
}
