import type { Output } from '../command.ts'
import { labelled } from './layout.ts'
import { placeText } from './places.ts'
import type { SilentVerdicts } from './silent-verdicts.ts'
import type { Decided } from './workload-policies.ts'

/** What policies say that decide nothing, for people. `indent` stands before what each line is about. */
export function silentText({ audits = [], dryRun = {} }: SilentVerdicts, out: Output, indent = ''): readonly string[] {
  const { deny, allow } = dryRun
  return [
    ...audits.flatMap(({ policy, rule, place }) =>
      labelled(`${indent}audited`, `rule ${rule} of ${policy}, ${placeText(place)}`, out),
    ),
    ...[deny ?? [], allow ?? []].flat().flatMap((trial) => labelled(`${indent}on trial`, trialText(trial), out)),
  ]
}

function trialText({ allowed, reason, place }: Decided): string {
  const where = place === undefined ? '' : `, ${placeText(place)}`
  return `${allowed ? 'allowed' : 'denied'}: ${reason}${where}`
}
