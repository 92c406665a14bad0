/** The library: a cluster in your process. */
export { createPlatform, Platform, type PlatformOptions } from './platform.ts'
export { realWorld } from './world/real-world.ts'
export { rehearsedWorld, type RehearsedWorld } from './world/rehearsed-world.ts'
export type { World } from './world/world.ts'
export { Client } from './client/client.ts'
export { StatusError, type Status } from './api/errors.ts'
export { UserError } from './base/user-error.ts'
export { KUBERNETES_VERSION } from './api/kubernetes-version.ts'
