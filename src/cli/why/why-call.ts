import type { Client } from '../../client/client.ts'
import type { Output } from '../command.ts'

export interface WhyFlags {
  readonly namespace: string
  readonly name: string | undefined
  readonly kubeconfig: string | undefined
  readonly all: boolean
  readonly output: string | undefined
}

/** What every explanation is given: the cluster, and where to say it. */
export interface WhyCall {
  readonly client: Client
  readonly flags: WhyFlags
  readonly out: Output
}
