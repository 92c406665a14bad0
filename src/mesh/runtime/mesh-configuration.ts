import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { EndpointSlice } from '../../api/kinds/discovery/endpoint-slice.ts'
import { meshKinds } from '../../api/kinds/istio/mesh-kinds.ts'
import { IngressClass } from '../../api/kinds/networking/ingress-class.ts'
import { Ingress } from '../../api/kinds/networking/ingress.ts'
import type { Kind } from '../../api/kind.ts'
import type { ApiObject } from '../../api/object.ts'
import { deepEqual } from '../../base/equal.ts'
import type { Informer } from '../../client/informer.ts'
import type { Informers } from '../../client/informers.ts'
import { type ControlPlaneFeatures, featuresOfPod, givesAddresses } from '../config/control-plane-features.ts'
import { DEFAULT_MESH, type MeshConfig } from '../config/mesh-config.ts'
import { judgeMeshConfig, MeshConfigError } from '../config/read-mesh-config.ts'
import { compile, type Snapshot, update } from '../snapshot.ts'

const WATCHED = [...meshKinds, EndpointSlice, Ingress, IngressClass, Namespace, Node, Pod, Service] as readonly Kind[]
/** More changes than this at once cost more one by one than compiling all anew. */
const PENDING_MAX = 500

interface Change {
  readonly before?: ApiObject
  readonly after?: ApiObject
}

/**
 * What a cluster's objects say about the mesh. Changes are taken up when somebody asks for the snapshot: a cluster whose
 * mesh nobody uses pays for none.
 */
export class MeshConfiguration {
  readonly #informers: readonly Informer<ApiObject>[]
  readonly #configMaps: Informer<ConfigMap>
  readonly #onError: (error: Error) => void
  readonly #listeners = new Set<() => void>()
  readonly #meshListeners = new Set<(mesh: MeshConfig) => void>()
  #pending: Change[] = []
  #snapshot: Snapshot | undefined
  #mesh: MeshConfig = DEFAULT_MESH
  #features: ControlPlaneFeatures = {}
  #meshText: string | undefined

  constructor({ informers, onError }: { readonly informers: Informers; onError(error: Error): void }) {
    this.#onError = onError
    this.#informers = WATCHED.map((kind) => informers.of(kind))
    for (const informer of this.#informers) {
      informer.handle({
        added: (after) => this.#note({ after }),
        updated: (after, before) => this.#note({ before, after }),
        deleted: (before) => this.#note({ before }),
      })
    }
    this.#configMaps = informers.of(ConfigMap)
    const read = (configMap: ConfigMap): void => this.#readMesh(configMap)
    this.#configMaps.handle({
      added: read,
      updated: read,
      deleted: (configMap) => this.#readMesh({ ...configMap, data: {} }),
    })
  }

  /** As of now. The same object until something changes. */
  get snapshot(): Snapshot {
    if (this.#snapshot === undefined || this.#pending.length > PENDING_MAX) {
      this.#snapshot = compile(this.#objects(), { ...this.#mesh, ...this.#features })
    } else {
      for (const change of this.#pending) this.#snapshot = update(this.#snapshot, change)
    }
    if (this.#pending.length > 0) this.#pending = []
    return this.#snapshot
  }

  /** Whether istiod gives addresses to ServiceEntries that have none. */
  get givesAddresses(): boolean {
    return givesAddresses(this.#features)
  }

  /** Calls `listener` after each change, which must not ask for the snapshot at once. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Calls `listener` when what holds for the whole mesh has changed. */
  onMeshChange(listener: (mesh: MeshConfig) => void): void {
    this.#meshListeners.add(listener)
  }

  *#objects(): Generator<ApiObject> {
    for (const informer of this.#informers) yield* informer.values()
  }

  #note(change: Change): void {
    this.#noteFeatures(change)
    // Beyond the bound all is compiled anew: what changed need not be kept.
    if (this.#snapshot !== undefined && this.#pending.length <= PENDING_MAX) this.#pending.push(change)
    this.#tell()
  }

  /** Those of the istiod that was seen last hold, also while there is none. */
  #noteFeatures({ before, after }: Change): void {
    if (after?.kind !== 'Pod' || before !== undefined) return
    const features = featuresOfPod(after, DEFAULT_MESH)
    if (features === undefined || deepEqual(features, this.#features)) return
    this.#features = features
    this.#snapshot = undefined
  }

  /** A configuration that cannot be read leaves the one before it in force. */
  #readMesh({ metadata, data = {} }: ConfigMap): void {
    if (metadata.name !== 'istio' || metadata.namespace !== DEFAULT_MESH.rootNamespace) return
    const text = data['mesh'] ?? ''
    if (text === this.#meshText) return
    this.#meshText = text
    const of = `configmap ${metadata.namespace}/istio: mesh`
    try {
      const { mesh, warnings } = judgeMeshConfig(text)
      this.#mesh = mesh
      for (const warning of warnings) this.#onError(new Error(`${of}: ${warning}`))
    } catch (error) {
      if (!(error instanceof MeshConfigError)) throw error
      this.#onError(new Error(`${of}: ${error.message}; what was before stays in force`))
      return
    }
    this.#snapshot = undefined
    this.#pending = []
    for (const listener of this.#meshListeners) listener(this.#mesh)
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
