/** The library: a cluster in your process, and what it takes to write a controller for this or any other cluster. */
export type { Access } from './client/access.ts'
export { type ClusterIdentity, createPlatform, Platform, type PlatformOptions } from './platform.ts'
export { realWorld } from './world/real-world.ts'
export { rehearsedWorld, type RehearsedWorld } from './world/rehearsed-world.ts'
export type { World } from './world/world.ts'
export { MemoryEngine } from './store/engines/memory.ts'
export { SqliteEngine } from './store/engines/sqlite.ts'
export { defaultNodeProfile, type NodeProfile } from './api/kinds/dabba/node-profile.ts'
export { Client } from './client/client.ts'
export { HttpTransport, type HttpTransportOptions } from './client/http-transport.ts'
export { Informers } from './client/informers.ts'
export { EventRecorder } from './client/events.ts'
export {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  owns,
  requeueAfter,
  runController,
  type Source,
  watches,
} from './client/controller.ts'
export * as kinds from './kinds.ts'
export { Scheme } from './api/scheme.ts'
export type { Kind } from './api/kind.ts'
export type { ApiObject, Key } from './api/object.ts'
export { StatusError, type Status } from './api/errors.ts'
export { UserError } from './base/user-error.ts'
export { KUBERNETES_VERSION } from './api/kubernetes-version.ts'
