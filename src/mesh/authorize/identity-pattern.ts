import { compilePattern } from '../../api/cel/patterns.ts'
import type { TextTest } from './text-pattern.ts'

/*
 * Values that ask for a part of an identity, `<trust domain>/ns/<namespace>/sa/<service account>`.
 * Rules: istio/istio pilot/pkg/security/authz/model/generator.go, where they are expressions over the whole identity.
 */

/** Stars stand for any text, wherever they are. */
export function namespacePattern(value: string): TextTest {
  if (!value.includes('*')) {
    const part = `/ns/${value}/`
    return (principal) => principal.includes(part)
  }
  const parts = `/ns/${value}/`.split('*')
  return (principal) => {
    let from = 0
    for (const part of parts) {
      const at = principal.indexOf(part, from)
      if (at < 0) return false
      from = at + part.length
    }
    return true
  }
}

/** `name`, of the policy's own namespace, or `namespace/name`. */
export function serviceAccountPattern(value: string, policyNamespace: string): TextTest {
  const slash = value.indexOf('/')
  const namespace = slash < 0 ? policyNamespace : value.slice(0, slash)
  const name = slash < 0 ? value : value.slice(slash + 1)
  const end = `/ns/${namespace}/sa/${name}`
  let wider: ReturnType<typeof compilePattern> | undefined
  return (principal) => {
    if (principal.endsWith(end)) return principal.length > end.length
    // Identities may say more than Kubernetes' do, between the parts and after them.
    if (countOf(principal, '/') <= KUBERNETES_SLASHES) return false
    wider ??= compilePattern(`^.+/ns/${literal(namespace)}/(.+/|)sa/${literal(name)}(/.+)?$`)
    return wider.test(principal)
  }
}

/** How many an identity has that names just a namespace and a service account. */
const KUBERNETES_SLASHES = 4

/** One star, which stands for a part of the trust domain; alone, for any. */
export function trustDomainPattern(value: string): TextTest {
  if (value === '*') return () => true
  const star = value.indexOf('*')
  if (star < 0) {
    const start = `${value}/`
    return (principal) => principal.startsWith(start)
  }
  const start = value.slice(0, star)
  const end = value.slice(star + 1)
  return (principal) => {
    const slash = principal.indexOf('/')
    if (slash < start.length + end.length) return false
    return principal.startsWith(start) && principal.startsWith(end, slash - end.length)
  }
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function countOf(text: string, character: string): number {
  let count = 0
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count++
  return count
}
