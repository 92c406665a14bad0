/**
 * The grammar of image names: distribution/reference regexp.go. `nginx`, `registry.example.com:5000/team/web:1.2`,
 * `web@sha256:…`.
 */
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const DOMAIN_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const HOST = `(?:${DOMAIN_LABEL}(?:\\.${DOMAIN_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const TAG = '[\\w][\\w.-]{0,127}'
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'
const REFERENCE = new RegExp(`^(?:${HOST}/)?${COMPONENT}(?:/${COMPONENT})*(?::(?<tag>${TAG}))?(?<digest>@${DIGEST})?$`)
/** A bare image id is refused as a name. */
const IMAGE_ID = /^[a-f0-9]{64}$/

/**
 * The tag of an image: `latest` where the name gives neither tag nor digest, and empty where it gives only a digest or is
 * malformed (pkg/util/parsers/parsers.go ParseImageName, whose callers ignore the error).
 */
export function tagOfImage(image: string): string {
  const found = IMAGE_ID.test(image) ? null : REFERENCE.exec(image)
  if (found === null) return ''
  const { tag, digest } = found.groups ?? {}
  return tag ?? (digest === undefined ? 'latest' : '')
}

/** Images whose tag moves are pulled each time: pkg/apis/core/v1/defaults.go SetDefaults_Container. */
export function defaultPullPolicy(image: string | undefined): 'Always' | 'IfNotPresent' {
  return tagOfImage(image ?? '') === 'latest' ? 'Always' : 'IfNotPresent'
}
