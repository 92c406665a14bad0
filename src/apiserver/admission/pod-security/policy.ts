import { type Cause, invalidValue } from '../../../api/errors.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'

/** From the least to the most strict. */
const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted']

/** A level as of a minor version of Kubernetes; `undefined` is the latest. */
export interface LevelVersion {
  readonly level: Level
  readonly minor: number | undefined
}

/** What a namespace asks for: pods that break `enforce` are refused, those that break `warn` are warned about. */
export interface Policy {
  readonly enforce: LevelVersion
  readonly warn: LevelVersion
}

const PREFIX = 'pod-security.kubernetes.io/'
const PRIVILEGED: LevelVersion = { level: 'privileged', minor: undefined }
const OPEN: Policy = { enforce: PRIVILEGED, warn: PRIVILEGED }

/**
 * The policy that a namespace's labels ask for, and what is wrong with them. Of a level that nobody can read the
 * strictest is enforced, and none is warned of (k8s.io/pod-security-admission api/helpers.go PolicyToEvaluate).
 */
export function policyOf(labels: Readonly<Record<string, string>> = {}): {
  readonly policy: Policy
  readonly causes: readonly Cause[]
} {
  if (!Object.keys(labels).some((name) => name.startsWith(PREFIX))) return { policy: OPEN, causes: [] }
  const enforced = readMode(labels, 'enforce', 'restricted')
  const audited = readMode(labels, 'audit', 'privileged')
  const warned = readMode(labels, 'warn', 'privileged')
  const isImplied = warned.level === undefined && enforced.isReadable
  const warn = {
    level: warned.level ?? (isImplied ? (enforced.level ?? 'privileged') : 'privileged'),
    minor: isImplied && !warned.hasVersion && enforced.level !== 'privileged' ? enforced.minor : warned.minor,
  }
  return {
    policy: { enforce: { level: enforced.level ?? 'privileged', minor: enforced.minor }, warn },
    causes: [...enforced.causes, ...audited.causes, ...warned.causes],
  }
}

export function isOpen({ enforce, warn }: Policy): boolean {
  return enforce.level === 'privileged' && warn.level === 'privileged'
}

/** `restricted:latest`, `baseline:v1.31` */
export function printLevel({ level, minor }: LevelVersion): string {
  return `${level}:${minor === undefined ? 'latest' : `v1.${minor}`}`
}

/** Whether `level` asks for no more than `other` does. */
export function isAtMost(level: Level, other: Level): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(other)
}

interface Mode {
  readonly level: Level | undefined
  readonly isReadable: boolean
  readonly minor: number | undefined
  readonly hasVersion: boolean
  readonly causes: readonly Cause[]
}

function readMode(labels: Readonly<Record<string, string>>, mode: string, fallback: Level): Mode {
  const levelLabel = `${PREFIX}${mode}`
  const versionLabel = `${PREFIX}${mode}-version`
  const levelText = labels[levelLabel]
  const versionText = labels[versionLabel]
  const known = LEVELS.find((level) => level === levelText)
  const minor = versionText === undefined ? undefined : /^v1\.(0|[1-9][0-9]*)$/.exec(versionText)?.[1]
  const isBadLevel = levelText !== undefined && known === undefined
  const isBadVersion = versionText !== undefined && versionText !== 'latest' && minor === undefined
  return {
    level: isBadLevel ? fallback : known,
    isReadable: known !== undefined,
    minor: minor === undefined ? undefined : Number(minor),
    hasVersion: versionText !== undefined,
    causes: [
      ...(isBadLevel ? [invalidLabel(levelLabel, levelText, `must be one of ${LEVELS.join(', ')}`)] : []),
      ...(isBadVersion ? [invalidLabel(versionLabel, versionText, 'must be "latest" or "v1.x"')] : []),
    ],
  }
}

function invalidLabel(label: string, value: string, detail: string): Cause {
  return invalidValue(`metadata.labels[${label}]`, value, detail)
}
