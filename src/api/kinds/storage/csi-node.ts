import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import { duplicate, invalidValue, required } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { validateLabelName } from '../../names/labels.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { CSINode as CSINodeObject, CSINodeDriver } from '../../types.generated.ts'
import { validateCsiDriverName } from '../pod-spec/validate-volume-sources.ts'
import { IMMUTABLE_MESSAGE } from '../validation/immutability.ts'
import { validateNonNegative } from '../validation/numbers.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { semanticEqual } from '../validation/semantic-equal.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'

export type CSINode = CSINodeObject

const NODE_ID_LENGTH_MAX = 256

export const CSINode: Kind<CSINode> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSINode',
  plural: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  generation: 'none',
  schema: () => builtinSchema('io.k8s.api.storage.v1.CSINode'),

  validate,
  columns: [
    nameColumn(),
    {
      name: 'Drivers',
      type: 'integer',
      description: 'Drivers indicates the number of CSI drivers registered on the node',
      cell: (node) => driversOf(node).length,
    },
    ageColumn(),
  ],
}

function driversOf({ spec }: CSINode): readonly CSINodeDriver[] {
  return unchecked(spec).drivers ?? []
}

/** pkg/apis/storage/validation/validation.go ValidateCSINode and ValidateCSINodeUpdate. */
function* validate(node: CSINode, old?: CSINode): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(node.metadata, { namespaced: false, name: nameIsDnsSubdomain })
  else yield* validateObjectMetaUpdate(node.metadata, old.metadata)
  const drivers = driversOf(node)
  const names = new Set<string>()
  for (const [index, driver] of drivers.entries()) {
    yield* validateDriver(driver, `spec.drivers[${index}]`)
    if (names.has(driver.name)) yield duplicate(`spec.drivers[${index}].name`, driver.name)
    names.add(driver.name)
  }
  if (old !== undefined) yield* validateUpdate(drivers, driversOf(old))
}

function* validateDriver(
  { name = '', nodeID = '', allocatable, topologyKeys = [] }: Unchecked<CSINodeDriver>,
  field: string,
): Generator<Cause> {
  yield* validateCsiDriverName(name, `${field}.name`)
  if (nodeID === '') yield required(`${field}.nodeID`, '')
  if (nodeID.length > NODE_ID_LENGTH_MAX) {
    yield invalidValue(`${field}.nodeID`, nodeID, `must be ${NODE_ID_LENGTH_MAX} characters or less`)
  }
  yield* validateNonNegative(allocatable?.count, `${field}.allocatable.count`)
  for (const [index, key] of topologyKeys.entries()) {
    if (key === '') yield required(field, key)
    if (topologyKeys.indexOf(key) < index) yield duplicate(field, key)
    yield* validateLabelName(key, field)
  }
}

/** How much a driver can attach may change, but nothing else of it. */
function* validateUpdate(drivers: readonly CSINodeDriver[], old: readonly CSINodeDriver[]): Generator<Cause> {
  for (const before of old) {
    const driver = drivers.find(({ name }) => name === before.name)
    if (driver === undefined) continue
    const { allocatable: _now, ...now } = driver
    const { allocatable: _then, ...then } = before
    if (!semanticEqual(now, then)) yield invalidValue('spec.drivers', now, IMMUTABLE_MESSAGE)
  }
}
