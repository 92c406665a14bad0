/**
 * Versions as Kubernetes prefers them: stable before beta before alpha, higher before lower, and what is no Kubernetes
 * version last, by name (k8s.io/apimachinery pkg/version/helpers.go).
 */
export function preferredFirst(versions: readonly string[]): readonly string[] {
  return versions.toSorted((a, b) => {
    const left = parse(a)
    const right = parse(b)
    if (left === undefined || right === undefined) {
      if (left !== undefined) return -1
      if (right !== undefined) return 1
      return a < b ? -1 : 1
    }
    return right.stage - left.stage || right.major - left.major || right.minor - left.minor
  })
}

const STAGES: Readonly<Record<string, number>> = { alpha: 1, beta: 2 }

function parse(version: string): { stage: number; major: number; minor: number } | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (match === null) return undefined
  const [, major, stage, minor] = match
  return { stage: stage === undefined ? 3 : (STAGES[stage] ?? 0), major: Number(major), minor: Number(minor ?? 0) }
}
