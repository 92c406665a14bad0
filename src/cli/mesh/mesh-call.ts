import type { Output } from '../command.ts'
import type { RequestFlags } from './asked-request.ts'
import type { MeshSource } from './load-mesh.ts'

export interface MeshFlags extends MeshSource, RequestFlags {
  readonly from: string | undefined
  readonly all: boolean
  readonly port: string | undefined
  readonly 'as-table': boolean
  readonly output: string | undefined
}

/** What every question is given: what it is about, and where to answer. */
export interface MeshCall {
  readonly operands: readonly string[]
  readonly flags: MeshFlags
  readonly out: Output
}
