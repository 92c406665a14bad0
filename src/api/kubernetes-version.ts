/** The Kubernetes whose API dabba speaks. */
export const KUBERNETES_VERSION = 'v1.35.0'
