import { text } from 'node:stream/consumers'
import { apiVersionOf, type Kind } from '../../api/kind.ts'
import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Namespace } from '../../api/kinds/core/namespace.ts'
import { Node } from '../../api/kinds/core/node.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { Service } from '../../api/kinds/core/service.ts'
import { EndpointSlice } from '../../api/kinds/discovery/endpoint-slice.ts'
import { meshKinds } from '../../api/kinds/istio/mesh-kinds.ts'
import { IngressClass } from '../../api/kinds/networking/ingress-class.ts'
import { Ingress } from '../../api/kinds/networking/ingress.ts'
import { StatusError } from '../../api/errors.ts'
import type { ApiObject } from '../../api/object.ts'
import type { Client } from '../../client/client.ts'
import { UserError } from '../../base/user-error.ts'
import type { Output } from '../command.ts'
import { connect, unreachable } from '../connect.ts'
import { readManifests, STDIN } from '../up/manifests.ts'
import { type MeshModel, modelOfCluster, modelOfFiles } from './mesh-model.ts'

export interface MeshSource {
  readonly filename: readonly string[]
  readonly namespace: string
  readonly name: string | undefined
  readonly kubeconfig: string | undefined
  /** Take files at their word: what they do not hold is not there. */
  readonly strict: boolean
}

/** What bears on where a request goes, beside the mesh's own kinds. */
const KINDS = [
  Namespace,
  Node,
  Pod,
  Service,
  EndpointSlice,
  Ingress,
  IngressClass,
  ConfigMap,
  ...meshKinds,
] as readonly unknown[] as readonly Kind[]

/** The mesh that files describe, or where none are named the one of a cluster. */
export async function loadMesh(source: MeshSource, out: Output): Promise<MeshModel> {
  const { filename, namespace, strict } = source
  if (filename.length > 0) {
    const stdin = filename.includes(STDIN) ? await text(process.stdin) : ''
    const model = modelOfFiles(readManifests(filename, stdin), { namespace, assumes: !strict })
    for (const warning of model.warnings) out.note(`warning: ${warning}`)
    return model
  }
  try {
    return modelOfCluster(await objectsOf(connect(source)), namespace)
  } catch (error) {
    throw unreachable(error) ?? noMesh(error, source) ?? error
  }
}

/** Whoever names neither files nor a cluster may not know that there is a choice. */
function noMesh(error: unknown, { name, kubeconfig }: MeshSource): UserError | undefined {
  const isOther = !(error instanceof UserError) || error.code !== 'DABBA_CLUSTER'
  if (isOther || name !== undefined || kubeconfig !== undefined) return undefined
  return new UserError('DABBA_CLUSTER', {
    message: `There is no mesh to ask: no files are named, and ${error.message.replace(/^No c/, 'no c')}`,
    hint: 'Name files with -f, start a cluster with `dabba up`, or name one with --kubeconfig',
  })
}

async function objectsOf(client: Client): Promise<readonly ApiObject[]> {
  const lists = await Promise.all(KINDS.map((kind) => listed(client, kind)))
  return lists.flat()
}

/** A cluster need not know every kind. */
async function listed(client: Client, kind: Kind): Promise<readonly ApiObject[]> {
  try {
    const { items } = await client.list(kind)
    // Items of a list leave out what the list says for all of them.
    return items.map((item) => ({ ...item, apiVersion: item.apiVersion ?? apiVersionOf(kind), kind: kind.kind }))
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return []
    throw error
  }
}
