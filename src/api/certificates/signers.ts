import type { CertificateRequest } from './certificate-request.ts'

export const SIGNER = {
  apiServerClient: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
  legacyUnknown: 'kubernetes.io/legacy-unknown',
} as const

const NODES = 'system:nodes'
const NODE_PREFIX = 'system:node:'

/** Why a signer will not sign a request; `undefined` when it will, or when it is no signer of ours. */
export function signerProblem(
  signerName: string,
  request: CertificateRequest,
  usages: readonly string[],
): string | undefined {
  switch (signerName) {
    case SIGNER.apiServerClient:
      return clientUsageProblem(usages)
    case SIGNER.kubeletClient:
      return kubeletClientProblem(request, usages)
    case SIGNER.kubeletServing:
      return kubeletServingProblem(request, usages)
    default:
      return undefined
  }
}

/** pkg/apis/certificates/helpers.go ValidateKubeletClientCSR. */
export function kubeletClientProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes'
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed'
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed'
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed'
  if (!request.commonName.startsWith(NODE_PREFIX)) return 'subject common name does not begin with system:node:'
  return nodeUsageProblem(usages, 'client auth')
}

/** pkg/apis/certificates/helpers.go ValidateKubeletServingCSR. */
function kubeletServingProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (!isOfNodes(request)) return 'subject organization is not system:nodes'
  if (request.dnsNames.length === 0 && request.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required'
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed'
  const problem = nodeUsageProblem(usages, 'server auth')
  if (problem !== undefined) return problem
  return request.commonName.startsWith(NODE_PREFIX) ? undefined : 'subject common name does not begin with system:node:'
}

/** pkg/controller/certificates/signer/signer.go validAPIServerClientUsages. */
function clientUsageProblem(usages: readonly string[]): string | undefined {
  const foreign = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage))
  if (foreign !== undefined) return `invalid usage for client certificate: ${foreign}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}

function isOfNodes({ organizations }: CertificateRequest): boolean {
  return organizations.length === 1 && organizations[0] === NODES
}

/** Keys that are not RSA are no good for encipherment: they may leave that out. */
function nodeUsageProblem(usages: readonly string[], purpose: 'client auth' | 'server auth'): string | undefined {
  const required = [purpose, 'digital signature', 'key encipherment'].toSorted()
  const given = new Set(usages)
  const lacks = (usage: string): boolean => usage !== 'key encipherment' && !given.has(usage)
  const isRight = !required.some(lacks) && [...given].every((usage) => required.includes(usage))
  return isRight ? undefined : `usages did not match [${required.join(' ')}]`
}
