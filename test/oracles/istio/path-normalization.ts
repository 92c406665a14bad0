import { normalizedTarget, type PathNormalization } from '../../../src/mesh/route/normalize-path.ts'
import { expectSame, type Oracle, type OracleCase } from '../oracle.ts'

/** path-normalization.json: the path that a backend sees. */
export const oracle: Oracle = {
  open: () => run,
}

function run({ input, expect }: OracleCase): void {
  const { pathNormalization } = input['meshConfig'] as {
    readonly pathNormalization: { readonly normalization: PathNormalization }
  }
  // No client sends a fragment.
  const [sent = ''] = String(input['path']).split('#')
  const target = normalizedTarget(sent, pathNormalization.normalization)
  expectSame('outcome', target === undefined ? { status: 400 } : { backendSawUrl: target }, expect)
}
