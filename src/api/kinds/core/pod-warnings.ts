import { validateDns1123Label } from '../../names/dns.ts'
import type { Pod } from '../../types.generated.ts'
import { podTemplateWarnings } from '../pod-spec/pod-warnings.ts'

/** pkg/registry/core/pod/strategy.go WarningsOnCreate. */
export function* podCreationWarnings({ metadata, spec }: Pod): Generator<string> {
  const problems = validateDns1123Label(metadata.name)
  if (problems.length > 0) {
    const advice =
      "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended"
    yield `metadata.name: ${advice}: [${problems.join(' ')}]`
  }
  yield* podTemplateWarnings({ metadata, spec }, '')
}
