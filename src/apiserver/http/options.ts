import { validateFieldManager } from '../../api/apply/manager-name.ts'
import { type Cause, forbiddenField, invalid, invalidValue, notSupported, required } from '../../api/errors.ts'
import type { PatchType, RequestOptions } from '../../api/request.ts'
import { parseBoolean, parseInteger } from './query.ts'

const APPLY = 'application/apply-patch+yaml'
const POLICIES = ['Foreground', 'Background', 'Orphan']

/** The options of a create, an update or a patch. Refused in upstream's words when one means nothing. */
export function readWriteOptions(
  query: URLSearchParams,
  about: { verb: 'create' | 'update' | 'patch'; patchType?: PatchType },
): RequestOptions {
  const dryRun = query.getAll('dryRun')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') ?? ''
  const force = about.verb === 'patch' ? parseBoolean(query, 'force') : undefined
  const causes = [
    ...(about.verb === 'patch' ? forceCauses({ fieldManager, force, patchType: about.patchType }) : []),
    ...validateFieldManager(fieldManager, 'fieldManager'),
    ...dryRunCauses(dryRun),
    ...(['', 'Ignore', 'Strict', 'Warn'].includes(fieldValidation)
      ? []
      : [notSupported('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn'])]),
  ]
  const kind = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions' }[about.verb]
  if (causes.length > 0) throw invalid('meta.k8s.io', kind, '', causes)
  return {
    ...(dryRun.length > 0 ? { dryRun: true } : {}),
    ...(fieldManager === '' ? {} : { fieldManager }),
    ...(fieldValidation === '' ? {} : { fieldValidation: fieldValidation as 'Strict' }),
    ...(force === undefined ? {} : { force }),
  }
}

/** What a list, or the deletion of a collection, is about. */
export function readListOptions(query: URLSearchParams): RequestOptions {
  const text = (name: string): string | undefined => query.get(name) ?? undefined
  const entries: readonly [string, unknown][] = [
    ['labelSelector', text('labelSelector')],
    ['fieldSelector', text('fieldSelector')],
    ['limit', parseInteger(query, 'limit')],
    ['continue', text('continue')],
    ['resourceVersion', text('resourceVersion')],
    ['resourceVersionMatch', text('resourceVersionMatch')],
    ['sendInitialEvents', parseBoolean(query, 'sendInitialEvents')],
  ]
  // Read by nobody here, but refused where it is no number.
  parseInteger(query, 'timeoutSeconds')
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== '')) as RequestOptions
}

/** DeleteOptions as they stand in a body, or in the query of a request without one. */
export interface DeleteOptions {
  readonly dryRun?: readonly string[]
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: string
  /** Deprecated; `false` means that dependents go in the background. */
  readonly orphanDependents?: boolean
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

export function deleteOptionsOf(query: URLSearchParams): DeleteOptions {
  const seconds = parseInteger(query, 'gracePeriodSeconds')
  const orphanDependents = parseBoolean(query, 'orphanDependents')
  const propagationPolicy = query.get('propagationPolicy') ?? undefined
  return {
    dryRun: query.getAll('dryRun'),
    ...(seconds === undefined ? {} : { gracePeriodSeconds: seconds }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
  }
}

/** Checks them, and says them as all verbs have them. */
export function checkedDeleteOptions(options: DeleteOptions): RequestOptions {
  const { dryRun = [], gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions } = options
  const causes: Cause[] = []
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const rule = 'orphanDependents and deletionPropagation cannot be both set'
    causes.push(invalidValue('propagationPolicy', propagationPolicy, rule))
  }
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy)) {
    causes.push(notSupported('propagationPolicy', propagationPolicy, [...POLICIES, 'nil']))
  }
  causes.push(...dryRunCauses(dryRun))
  if (causes.length > 0) throw invalid('meta.k8s.io', 'DeleteOptions', '', causes)
  const policy = orphanDependents === undefined ? propagationPolicy : orphanDependents ? 'Orphan' : 'Background'
  return {
    ...(dryRun.length > 0 ? { dryRun: true } : {}),
    // Negative values count as one second (k8s.io/apiserver pkg/registry/rest/delete.go).
    ...(gracePeriodSeconds === undefined
      ? {}
      : { gracePeriodSeconds: gracePeriodSeconds < 0 ? 1 : gracePeriodSeconds }),
    ...(policy === undefined ? {} : { propagationPolicy: policy as 'Background' }),
    ...(preconditions === undefined ? {} : { preconditions }),
  }
}

function dryRunCauses(dryRun: readonly string[]): readonly Cause[] {
  return dryRun.every((value) => value === 'All') ? [] : [notSupported('dryRun', dryRun, ['All'])]
}

function forceCauses(options: {
  fieldManager: string
  force: boolean | undefined
  patchType?: PatchType | undefined
}): readonly Cause[] {
  if (options.patchType === APPLY) {
    return options.fieldManager === '' ? [required('fieldManager', 'is required for apply patch')] : []
  }
  return options.force === undefined ? [] : [forbiddenField('force', 'may not be specified for non-apply patch')]
}
