/** Nodes with this label are run by our kubelets. */
export const RUNTIME_LABEL = 'dabba.dev/runtime'
export const SIMULATED = 'simulated'
