import type { Cause } from '../../errors.ts'
import { notSupported, required } from '../../errors.ts'
import type { Binding } from '../../types.generated.ts'

/** pkg/apis/core/validation/validation.go ValidatePodBinding: a pod can be bound to a node, and to nothing else. */
export function* validateBinding({ target }: Binding): Generator<Cause> {
  const { kind = '', name = '' } = target
  if (kind !== '' && kind !== 'Node') yield notSupported('target.kind', kind, ['Node', '<empty>'])
  if (name === '') yield required('target.name', '')
}
