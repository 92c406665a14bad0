import type { ConfigMap, KeyToPath, Secret } from '../../api/types.generated.ts'

/** The files that a volume puts before a container: by path within the volume. */
export type Files = Readonly<Record<string, Uint8Array>>

/** The files of a config map, or which of the keys asked for it lacks. */
export function configMapFiles(
  map: ConfigMap | undefined,
  { items, optional }: { items: readonly KeyToPath[] | undefined; optional: boolean },
): { files: Files } | { problem: string } {
  const content: Record<string, Uint8Array> = {}
  for (const [key, text] of Object.entries(map?.data ?? {})) content[key] = Buffer.from(text)
  for (const [key, text] of Object.entries(map?.binaryData ?? {})) content[key] = Buffer.from(text, 'base64')
  return select(content, { items, optional, missing: (key) => `configmap references non-existent config key: ${key}` })
}

export function secretFiles(
  secret: Secret | undefined,
  { items, optional }: { items: readonly KeyToPath[] | undefined; optional: boolean },
): { files: Files } | { problem: string } {
  const content: Record<string, Uint8Array> = {}
  for (const [key, text] of Object.entries(secret?.data ?? {})) content[key] = Buffer.from(text, 'base64')
  return select(content, { items, optional, missing: (key) => `references non-existent secret key: ${key}` })
}

export function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString()
}

function select(
  content: Files,
  {
    items,
    optional,
    missing,
  }: { items: readonly KeyToPath[] | undefined; optional: boolean; missing: (key: string) => string },
): { files: Files } | { problem: string } {
  if (items === undefined || items.length === 0) return { files: content }
  const files: Record<string, Uint8Array> = {}
  for (const { key, path } of items) {
    const found = content[key]
    if (found !== undefined) files[path] = found
    else if (!optional) return { problem: missing(key) }
  }
  return { files }
}
