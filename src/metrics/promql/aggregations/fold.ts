import type { Labels } from '../../model/labels.ts'
import type { Column } from '../column.ts'

/** Adds the series of one group together, a column at a time. */
export interface Fold {
  add(column: Column, labels: Labels): void
  finish(): Column
}
