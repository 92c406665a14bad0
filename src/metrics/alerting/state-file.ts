import { join } from 'node:path'
import type { Disk } from '../../world/disk.ts'
import { matcherFromJson, matcherToJson, type MatcherJson } from './matchers/alert-matcher.ts'
import type { LogEntry, NotificationLog } from './notify/notification-log.ts'
import type { Silence } from './silences/silence.ts'
import type { Silences } from './silences/silences.ts'

/** What outlives the program. */
export interface KeptState {
  readonly silences: Silences
  readonly notificationLog: NotificationLog
}

const SILENCES = 'silences.json'
const NOTIFICATIONS = 'nflog.json'

type KeptSilence = Omit<Silence, 'matcherSets'> & { readonly matcherSets: readonly (readonly MatcherJson[])[] }

/** Reads what was kept. What is damaged is refused: forgetting silences would tell people what they silenced. */
export async function readState(
  { silences, notificationLog }: KeptState,
  { disk, folder, nowMs }: { disk: Disk; folder: string; nowMs: number },
): Promise<void> {
  await disk.makeDirectory(folder)
  const kept = await read<readonly KeptSilence[]>(disk, join(folder, SILENCES))
  silences.restore(
    (kept ?? []).map((silence) => ({
      ...silence,
      matcherSets: silence.matcherSets.map((set) => set.map(matcherFromJson)),
    })),
  )
  for (const [key, entry] of (await read<readonly (readonly [string, LogEntry])[]>(
    disk,
    join(folder, NOTIFICATIONS),
  )) ?? []) {
    notificationLog.set(key, entry)
  }
  notificationLog.sweep(nowMs)
}

export async function writeState(
  { silences, notificationLog }: KeptState,
  { disk, folder }: { disk: Disk; folder: string },
): Promise<void> {
  const kept = silences
    .list()
    .map((silence) => ({ ...silence, matcherSets: silence.matcherSets.map((set) => set.map(matcherToJson)) }))
  await disk.write(join(folder, SILENCES), `${JSON.stringify(kept)}\n`)
  await disk.write(join(folder, NOTIFICATIONS), `${JSON.stringify(notificationLog.entries())}\n`)
}

async function read<T>(disk: Disk, path: string): Promise<T | undefined> {
  if (!(await disk.exists(path))) return undefined
  try {
    return JSON.parse(await disk.readText(path)) as T
  } catch (failure) {
    throw new Error(`${path} is damaged: remove it to start without it`, { cause: failure })
  }
}
