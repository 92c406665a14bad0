import { nameColumn } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import { invalidValue } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { printQuantity, signOfQuantity } from '../../quantity.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import { validateLabelSelector } from '../../selectors/label-selector.ts'
import type { CSIStorageCapacity as CSIStorageCapacityObject } from '../../types.generated.ts'
import { sortedSelector } from '../strategy/sorted-map.ts'
import { invalidFor } from '../validation/causes.ts'
import { IMMUTABLE_MESSAGE } from '../validation/immutability.ts'
import { NEGATIVE_MESSAGE } from '../validation/numbers.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { readQuantity } from '../validation/resource-lists.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { unchecked } from '../validation/unchecked.ts'

export type CSIStorageCapacity = CSIStorageCapacityObject

export const CSIStorageCapacity: Kind<CSIStorageCapacity> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.storage.v1.CSIStorageCapacity'),

  validate,
  columns: [
    nameColumn(),
    {
      name: 'StorageClassName',
      type: 'string',
      description: 'The class of the volumes that could be made.',
      cell: ({ storageClassName }) => storageClassName,
    },
    {
      name: 'Capacity',
      type: 'string',
      description: 'How much room there is.',
      cell: ({ capacity }) => capacity ?? '<unset>',
    },
  ],
}

/** pkg/apis/storage/validation/validation.go ValidateCSIStorageCapacity and its update: what was asked for stays. */
function* validate(room: CSIStorageCapacity, old?: CSIStorageCapacity): Generator<Cause> {
  const { nodeTopology, storageClassName = '', capacity } = unchecked(room)
  if (old !== undefined) {
    yield* validateObjectMetaUpdate(room.metadata, old.metadata)
    if (!semanticEqual(nodeTopology, old.nodeTopology)) {
      yield invalidValue('nodeTopology', sortedSelector(nodeTopology), IMMUTABLE_MESSAGE)
    }
    if (storageClassName !== old.storageClassName) {
      yield invalidValue('storageClassName', storageClassName, IMMUTABLE_MESSAGE)
    }
    return
  }
  yield* validateObjectMeta(room.metadata, { namespaced: true, name: nameIsDnsSubdomain })
  yield* validateLabelSelector(nodeTopology, 'nodeTopology')
  yield* invalidFor('storageClassName', storageClassName, nameIsDnsSubdomain(storageClassName))
  if (capacity === undefined) return
  const amount = readQuantity(capacity)
  if (amount instanceof QuantityError) yield invalidValue('capacity', capacity, amount.message)
  else if (signOfQuantity(amount) < 0) yield invalidValue('capacity', printQuantity(amount), NEGATIVE_MESSAGE)
}
