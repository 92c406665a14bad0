/** An image reference, taken apart as container runtimes do. */
export interface QualifiedImage {
  /** With registry: `docker.io/library/nginx`. */
  readonly repository: string
  readonly tag: string
  readonly digest: string | undefined
}

/** `nginx` is `docker.io/library/nginx:latest`; a name whose first part looks like a host keeps it. */
export function qualifiedImage(image: string): QualifiedImage {
  const at = image.indexOf('@')
  const digest = at < 0 ? undefined : image.slice(at + 1)
  const named = at < 0 ? image : image.slice(0, at)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  const path = hasTag ? named.slice(0, colon) : named
  return { repository: withRegistry(path), tag: hasTag ? named.slice(colon + 1) : 'latest', digest }
}

function withRegistry(path: string): string {
  const slash = path.indexOf('/')
  const first = path.slice(0, slash)
  if (slash < 0) return `docker.io/library/${path}`
  const isHost = first.includes('.') || first.includes(':') || first === 'localhost'
  return isHost ? path : `docker.io/${path}`
}
