import type { ReceivedAlert } from '../../../src/metrics/alerting/alerts/alert.ts'
import { fingerprintOf } from '../../../src/metrics/alerting/alerts/fingerprint.ts'
import { inhibitRuleType } from '../../../src/metrics/alerting/config/alertmanager-config.ts'
import { alertMatcher } from '../../../src/metrics/alerting/matchers/alert-matcher.ts'
import { Inhibitor } from '../../../src/metrics/alerting/routing/inhibitor.ts'
import { list } from '../../../src/metrics/yaml/types.ts'
import { expectSame, type Oracle, type OracleCase } from '../oracle.ts'
import { readValue } from './yaml-value.ts'

const NOW_MS = 1_767_225_600_000

/** inhibit.json: alerts that mute others. */
export const oracle: Oracle = {
  open: () => run,
}

const IS_SOURCE = alertMatcher('source', '=', 'yes')
const IS_TARGET = alertMatcher('source', '=', '')

interface InhibitAlert {
  readonly labels: Record<string, string>
  readonly starts_s: number | null
  readonly ends_s: number | null
}

function run({ id, input, expect }: OracleCase): void {
  // These ask the rule's inner question, where the alerts are its sources and the target is not one.
  const isInner = id.includes('has-equal')
  const rules = readValue(input['rules'], list(inhibitRuleType('fallback')))
  const inhibitor = new Inhibitor(
    isInner ? rules.map((rule) => ({ ...rule, sourceMatchers: [IS_SOURCE], targetMatchers: [IS_TARGET] })) : rules,
  )
  for (const alert of input['alerts'] as readonly InhibitAlert[]) {
    inhibitor.add(alertOf(isInner ? { ...alert, labels: { ...alert.labels, source: 'yes' } } : alert))
  }
  const mutedBy = inhibitor.mutedBy(input['target'] as Record<string, string>, NOW_MS)
  expectSame('muted', mutedBy !== undefined, expect['muted'])
}

/** An end that is the zero time is no end. */
function alertOf({ labels, starts_s: starts, ends_s: ends }: InhibitAlert): ReceivedAlert {
  return {
    labels,
    annotations: {},
    startsAtMs: starts === null ? 0 : NOW_MS + starts * 1_000,
    endsAtMs: ends === null ? Infinity : NOW_MS + ends * 1_000,
    generatorUrl: '',
    updatedAtMs: NOW_MS,
    isTimeout: false,
    fingerprint: fingerprintOf(labels),
  }
}
