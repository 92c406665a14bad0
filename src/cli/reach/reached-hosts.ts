import { UserError } from '../../base/user-error.ts'
import { messageOf } from '../../base/message-of.ts'
import type { HostListening } from '../../platform.ts'
import { RealNetwork } from '../../world/real-network.ts'
import type { ClusterRecord } from '../cluster-record.ts'
import { clientOf } from '../connect.ts'
import { type KubeconfigAccess, readAccess } from '../kubeconfig-access.ts'
import { type ReachedGateway, reachedGateways } from './gateways.ts'

/** Where a cluster's API says what the host reaches. */
export const HOST_PATH = '/dabba/host'

/** The document at that path. */
export interface HostDocument {
  /** Of the DNS server for the cluster's names; absent where it could not listen. */
  readonly dns?: string
  readonly listeners: readonly HostListening[]
}

/** What this host reaches of a cluster, and where. */
export interface Reached extends HostDocument {
  readonly gateways: readonly ReachedGateway[]
}

/** A cluster that is too busy to say so is no reason to keep its user waiting. */
const PATIENCE_MS = 5_000

/** Undefined for a cluster that is not up; a text says why one that is cannot be asked. */
export async function reachedOf({ state, url, kubeconfig }: ClusterRecord): Promise<Reached | string | undefined> {
  if (state !== 'up' || url === undefined || kubeconfig === undefined) return undefined
  try {
    const access = readAccess(kubeconfig)
    if (access.url !== url) return `${kubeconfig} leads to another cluster by now`
    const document = await hostDocument(access)
    const { listeners, ...rest } = document
    return { ...rest, gateways: await reachedGateways(clientOf(access), listeners), listeners }
  } catch (error) {
    if (error instanceof UserError) return error.message
    return messageOf(error)
  }
}

async function hostDocument({ url, tls }: KubeconfigAccess): Promise<HostDocument> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const { status, body } = await new RealNetwork().request({ url: `${url}${HOST_PATH}`, method: 'GET', tls, signal })
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  if (status !== 200) throw new Error(`its API answers ${status}`)
  return JSON.parse(Buffer.concat(parts).toString()) as HostDocument
}
