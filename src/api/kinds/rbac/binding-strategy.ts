import { changed, mapChanged } from '../../../base/copy-on-write.ts'
import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported, required } from '../../errors.ts'
import type { Column } from '../../kind.ts'
import { nameIsDnsSubdomain, nameIsPathSegment } from '../../names/object-names.ts'
import type { ApiObject } from '../../object.ts'
import { ageColumn, nameColumn } from '../../columns/common-columns.ts'
import type { RoleRef, Subject } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { unchecked } from '../validation/unchecked.ts'

const GROUP = 'rbac.authorization.k8s.io'

/** What RoleBindings and ClusterRoleBindings have in common. */
interface Binding extends ApiObject {
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[]
}

/** pkg/apis/rbac/v1/defaults.go: users, groups and roles are of one API group. */
export function defaultBinding<T extends Binding>(binding: T): T {
  const { roleRef, subjects } = binding
  return changed<Binding>(binding, {
    roleRef: changed(roleRef, { apiGroup: roleRef.apiGroup || GROUP }),
    subjects: subjects && mapChanged(subjects, defaultSubject),
  }) as T
}

/** pkg/apis/rbac/validation/validation.go ValidateRoleBinding, ValidateClusterRoleBinding and their updates. */
export function* validateBinding<T extends Binding>(
  { metadata, roleRef, subjects = [] }: T,
  old: T | undefined,
  { namespaced, roleKinds }: { readonly namespaced: boolean; readonly roleKinds: readonly string[] },
): Generator<Cause> {
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced, name: nameIsPathSegment })
  else yield* validateObjectMetaUpdate(metadata, old.metadata)
  const { apiGroup = '', kind = '', name = '' } = unchecked(roleRef)
  if (apiGroup !== GROUP) yield notSupported('roleRef.apiGroup', apiGroup, [GROUP])
  if (!roleKinds.includes(kind)) yield notSupported('roleRef.kind', kind, roleKinds)
  if (name === '') yield required('roleRef.name', '')
  else yield* invalidFor('roleRef.name', name, nameIsPathSegment(name))
  for (const [index, subject] of subjects.entries()) {
    yield* validateSubject(subject, `subjects[${index}]`, namespaced)
  }
  if (old !== undefined && !isSameRole(roleRef, old.roleRef)) {
    // Upstream shows its own form of the reference, whose fields are capitalized.
    yield invalidValue('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')
  }
}

/** pkg/printers/internalversion/printers.go printRoleBinding. */
export function bindingColumns<T extends Binding>(what: string): readonly Column<T>[] {
  return [
    nameColumn(),
    {
      name: 'Role',
      type: 'string',
      description: 'The role whose rules the subjects may act by.',
      cell: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
    },
    ageColumn(),
    subjectsColumn('Users', 'User', what),
    subjectsColumn('Groups', 'Group', what),
    subjectsColumn('ServiceAccounts', 'ServiceAccount', what),
  ]
}

function defaultSubject(subject: Subject): Subject {
  const isPerson = subject.kind === 'User' || subject.kind === 'Group'
  return isPerson ? changed(subject, { apiGroup: subject.apiGroup || GROUP }) : subject
}

function isSameRole(roleRef: RoleRef, old: RoleRef): boolean {
  return roleRef.apiGroup === old.apiGroup && roleRef.kind === old.kind && roleRef.name === old.name
}

const SUBJECT_KINDS: readonly string[] = ['ServiceAccount', 'User', 'Group']

function* validateSubject(subject: Subject, field: string, namespaced: boolean): Generator<Cause> {
  const { name = '', kind = '', apiGroup = '', namespace = '' } = unchecked(subject)
  if (name === '') yield required(`${field}.name`, '')
  if (kind === 'ServiceAccount') {
    if (name !== '') yield* invalidFor(`${field}.name`, name, nameIsDnsSubdomain(name))
    if (apiGroup !== '') yield notSupported(`${field}.apiGroup`, apiGroup, [''])
    if (!namespaced && namespace === '') yield required(`${field}.namespace`, '')
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== GROUP) yield notSupported(`${field}.apiGroup`, apiGroup, [GROUP])
  } else yield notSupported(`${field}.kind`, kind, SUBJECT_KINDS)
}

function subjectsColumn<T extends Binding>(name: string, kind: string, what: string): Column<T> {
  return {
    name,
    type: 'string',
    priority: 1,
    description: `${name} in the ${what}`,
    cell: ({ subjects = [] }) =>
      subjects
        .filter((subject) => subject.kind === kind)
        .map(printSubject)
        .join(', '),
  }
}

function printSubject({ kind, name, namespace = '' }: Subject): string {
  return kind === 'ServiceAccount' && namespace !== '' ? `${namespace}/${name}` : name
}
