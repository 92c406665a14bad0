import { fileURLToPath } from 'node:url'
import type { Descriptions } from './api/openapi/definition.ts'
import type { Disk } from './world/disk.ts'

/** The sentences of `kubectl explain`, which stand beside `src` or `dist`; explain works without them too. */
export async function readDescriptions(disk: Disk): Promise<Descriptions | undefined> {
  const path = fileURLToPath(new URL('../generated/descriptions.json', import.meta.url))
  return (await disk.exists(path)) ? (JSON.parse(await disk.readText(path)) as Descriptions) : undefined
}
