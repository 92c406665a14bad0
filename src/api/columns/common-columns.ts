import type { Column } from '../kind.ts'
import type { ApiObject } from '../object.ts'
import { printAge } from './human-duration.ts'

/** What a cell says when there is nothing to say. */
export const NONE = '<none>'
export const UNSET = '<unset>'

/** The columns that most kinds have. Their descriptions are those of the fields in the API's documentation. */

export function nameColumn<T extends ApiObject>(): Column<T> {
  return {
    name: 'Name',
    type: 'string',
    format: 'name',
    description: 'Name must be unique within a namespace.',
    cell: ({ metadata }) => metadata.name,
  }
}

export function ageColumn<T extends ApiObject>(): Column<T> {
  return {
    name: 'Age',
    type: 'string',
    description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
    cell: ({ metadata }, nowMs) => printAge(metadata.creationTimestamp, nowMs),
  }
}
