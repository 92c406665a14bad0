import type { ApiObject } from '../../object.ts'
import { validateDns1123Label } from '../../names/dns.ts'
import type { PodTemplateSpec } from '../../types.generated.ts'
import { podTemplateWarnings } from '../pod-spec/pod-warnings.ts'

/** Names of controllers become names of pods, and those become host names. */
export function* hostnameWarnings(name: string): Generator<string> {
  const problems = validateDns1123Label(name)
  if (problems.length === 0) return
  const advice =
    'this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended'
  yield `metadata.name: ${advice}: [${problems.join(' ')}]`
}

/** What a write of `spec.template` earns; an update that changes no spec earns nothing. */
export function* templateWarnings(
  template: PodTemplateSpec | undefined,
  object: ApiObject,
  old: ApiObject | undefined,
): Generator<string> {
  if (template === undefined) return
  if (old !== undefined && old.metadata.generation === object.metadata.generation) return
  yield* podTemplateWarnings(template, 'spec.template')
}
