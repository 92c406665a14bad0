import type { Column } from '../../kind.ts'
import type { ApiObject } from '../../object.ts'
import { printLabelSelector } from '../../selectors/label-selector.ts'
import type { LabelSelector, PodTemplateSpec } from '../../types.generated.ts'
import { containerNames, imageNames } from '../pod-spec/container-cells.ts'

/** The wide columns of kinds with a pod template: pkg/printers/internalversion/printers.go layoutContainerCells. */
export function containerColumns<T extends ApiObject>(
  templateOf: (object: T) => PodTemplateSpec | undefined,
): readonly Column<T>[] {
  return [
    {
      name: 'Containers',
      type: 'string',
      priority: 1,
      description: 'Names of each container in the template.',
      cell: (object) => containerNames(templateOf(object)),
    },
    {
      name: 'Images',
      type: 'string',
      priority: 1,
      description: 'Images referenced by each container in the template.',
      cell: (object) => imageNames(templateOf(object)),
    },
  ]
}

export function selectorColumn<T extends ApiObject>(
  selectorOf: (object: T) => LabelSelector | undefined,
  description: string,
): Column<T> {
  return {
    name: 'Selector',
    type: 'string',
    priority: 1,
    description,
    cell: (object) => printLabelSelector(selectorOf(object)),
  }
}
