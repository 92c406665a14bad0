import type { Kind } from '../../api/kind.ts'
import { Endpoints } from '../../api/kinds/core/endpoints.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { EndpointSlice } from '../../api/kinds/discovery/endpoint-slice.ts'
import { type ApiObject, type Key, printKey } from '../../api/object.ts'
import { deepEqual } from '../../base/equal.ts'
import { type Client, controllerReference } from '../../client/client.ts'
import {
  type Controller,
  type ControllerContext,
  DONE,
  type Outcome,
  type Source,
  watches,
} from '../../client/controller.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { retryLostRace } from '../lost-race.ts'
import { MANAGED_BY_LABEL, SERVICE_LABEL } from './endpoint-slice-controller.ts'
import { LEADER_ANNOTATION } from './endpoints-controller.ts'
import { type Mirrored, MIRRORED_MAX, type MirrorPlan, planMirror } from './plan-mirror.ts'
import { TRIGGER_TIME } from './trigger-times.ts'

const MANAGER = 'endpointslicemirroring-controller.k8s.io'
const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const INDEX = 'mirrored'

/**
 * Shows as EndpointSlices what people wrote as Endpoints of Services without a selector
 * (k8s.io/kubernetes pkg/controller/endpointslicemirroring).
 */
export class EndpointSliceMirroringController implements Controller {
  readonly name = 'endpointslicemirroring'
  readonly sources: readonly Source[] = [
    watches(Endpoints),
    {
      kind: Service,
      keys: (service, old) =>
        changesMirroring(service as Service, old as Service) ? [printKey(service.metadata)] : [],
    },
    { kind: EndpointSlice, keys: mirrorOf },
  ]
  readonly #client: Client
  readonly #informers: Informers
  readonly #events: EventRecorder

  constructor({ client, informers, events }: ClusterOptions) {
    this.#client = client
    this.#informers = informers
    this.#events = events('endpoint-slice-mirroring-controller')
  }

  start({ informers }: ControllerContext): void {
    informers.of(EndpointSlice).addIndex(INDEX, mirrorOf)
  }

  async reconcile(key: Key): Promise<Outcome> {
    const slices = this.#informers.of(EndpointSlice).byIndex(INDEX, printKey(key))
    const endpoints = this.#informers.of(Endpoints).get(key)
    const service = this.#informers.of(Service).get(key)
    const isMirrored = endpoints !== undefined && isMirrorable(endpoints) && service?.spec.selector === undefined
    if (!isMirrored || service === undefined) {
      if (slices.length === 0) return DONE
      return retryLostRace(async () => {
        for (const slice of slices) await this.#remove(slice)
      })
    }
    const plan = planMirror(endpoints, slices, (slice) => isStale(slice, endpoints))
    await this.#warn(endpoints, plan)
    return retryLostRace(() => this.#carryOut(endpoints, plan))
  }

  async #carryOut(endpoints: Endpoints, { create, update, remove }: MirrorPlan): Promise<void> {
    if (endpoints.metadata.deletionTimestamp === undefined) {
      for (const mirrored of create) {
        await this.#client.create(sliceFor(endpoints, mirrored, { generateName: `${endpoints.metadata.name}-` }))
      }
    }
    for (const { slice, ...mirrored } of update) {
      const { name, resourceVersion } = slice.metadata
      const version = resourceVersion === undefined ? {} : { resourceVersion }
      await this.#client.update(sliceFor(endpoints, mirrored, { name, ...version }))
    }
    for (const slice of remove) await this.#remove(slice)
  }

  async #warn(endpoints: Endpoints, { invalid, skipped }: MirrorPlan): Promise<void> {
    if (invalid > 0) {
      const message = `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`
      await this.#events.record(endpoints, { type: 'Warning', reason: 'InvalidIPAddress', message })
    }
    if (skipped > 0) {
      const message = `A max of ${MIRRORED_MAX} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped + invalid} addresses were skipped`
      await this.#events.record(endpoints, { type: 'Warning', reason: 'TooManyAddressesToMirror', message })
    }
  }

  #remove({ metadata }: EndpointSlice): Promise<void> {
    return this.#client.delete(EndpointSlice as unknown as Kind, metadata)
  }
}

function sliceFor(
  endpoints: Endpoints,
  { addressType, ports, endpoints: listed }: Mirrored,
  metadata: { name?: string; generateName?: string; resourceVersion?: string },
): EndpointSlice {
  const { namespace, name, labels } = endpoints.metadata
  const annotations = mirroredAnnotations(endpoints)
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      ...metadata,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, [SERVICE_LABEL]: name, [MANAGED_BY_LABEL]: MANAGER },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [controllerReference(endpoints)],
    },
    addressType,
    endpoints: listed,
    ports,
  }
}

/** All annotations of the Endpoints but those that are about the Endpoints themselves. */
function mirroredAnnotations({ metadata: { annotations = {} } }: Endpoints): Readonly<Record<string, string>> {
  const { [TRIGGER_TIME]: _time, [LAST_APPLIED]: _applied, ...rest } = annotations
  return rest
}

function isStale({ metadata }: EndpointSlice, endpoints: Endpoints): boolean {
  const { [SERVICE_LABEL]: _service, [MANAGED_BY_LABEL]: _manager, ...labels } = metadata.labels ?? {}
  return (
    !deepEqual(labels, endpoints.metadata.labels ?? {}) ||
    !deepEqual(metadata.annotations ?? {}, mirroredAnnotations(endpoints))
  )
}

function isMirrorable({ metadata }: Endpoints): boolean {
  return metadata.labels?.[SKIP_LABEL] !== 'true' && metadata.annotations?.[LEADER_ANNOTATION] === undefined
}

function changesMirroring({ spec }: Service, old: Service | undefined): boolean {
  if (old === undefined) return spec.selector === undefined
  return (spec.selector === undefined) !== (old.spec.selector === undefined)
}

/** Slices of this controller lead to their Endpoints. */
function mirrorOf({ metadata: { labels, namespace } }: ApiObject): readonly string[] {
  const name = labels?.[SERVICE_LABEL]
  return name === undefined || labels?.[MANAGED_BY_LABEL] !== MANAGER ? [] : [printKey({ namespace, name })]
}
