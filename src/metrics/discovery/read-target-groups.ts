import { ConfigError, list } from '../config/schema.ts'
import { TARGET_GROUP } from '../config/discoveries.ts'
import { readYaml, YamlError } from '../yaml/nodes.ts'
import { readAs } from '../yaml/types.ts'
import { targetGroup } from './static-discovery.ts'
import type { TargetGroup } from './target-group.ts'

const GROUPS = list(TARGET_GROUP, { nullProblem: 'nil target group item found' })

/** Reads a list of groups, in YAML or JSON; `extra` labels tell where they are from. Throws a `ConfigError`. */
export function readTargetGroups(
  text: string,
  options: { source: string; extra: Readonly<Record<string, string>> },
): readonly TargetGroup[] {
  try {
    const { root } = readYaml(text)
    if (root === undefined) return []
    return readAs(root, GROUPS).map((group, index) => {
      const found = targetGroup(group, `${options.source}:${index}`)
      return { ...found, labels: { ...found.labels, ...options.extra } }
    })
  } catch (failure) {
    if (failure instanceof YamlError) throw new ConfigError(failure.message, { cause: failure })
    throw failure
  }
}

/** Groups that are gone, as updates. */
export class KnownSources {
  readonly #sources = new Map<string, ReadonlySet<string>>()

  /** The groups of one origin, and an empty one for each that it had before and has no more. */
  update(origin: string, groups: readonly TargetGroup[]): readonly TargetGroup[] {
    const now = new Set(groups.map(({ source }) => source))
    const gone = [...(this.#sources.get(origin) ?? [])].filter((source) => !now.has(source))
    this.#sources.set(origin, now)
    return [...groups, ...gone.map((source) => ({ source, targets: [], labels: {} }))]
  }

  origins(): readonly string[] {
    return [...this.#sources.keys()]
  }
}
