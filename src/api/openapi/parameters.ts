/** A parameter in a path or a query, as both versions of OpenAPI know it. */
export interface Parameter {
  readonly in: 'path' | 'query'
  readonly name: string
  readonly type: 'boolean' | 'integer' | 'string'
  readonly required?: true
}

function query(name: string, type: Parameter['type'] = 'string'): Parameter {
  return { in: 'query', name, type }
}

export function inPath(name: string): Parameter {
  return { in: 'path', name, type: 'string', required: true }
}

export const PRETTY = query('pretty')

/** meta/v1 CreateOptions and UpdateOptions */
export const WRITE_PARAMETERS = [query('dryRun'), query('fieldManager'), query('fieldValidation')]

/** meta/v1 PatchOptions: kubectl looks for `fieldValidation` here to learn whether the server validates. */
export const PATCH_PARAMETERS = [...WRITE_PARAMETERS, query('force', 'boolean')]

/** meta/v1 DeleteOptions */
export const DELETE_PARAMETERS = [
  query('dryRun'),
  query('gracePeriodSeconds', 'integer'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean'),
  query('orphanDependents', 'boolean'),
  query('propagationPolicy'),
]

const SELECTION_PARAMETERS = [
  query('continue'),
  query('fieldSelector'),
  query('labelSelector'),
  query('limit', 'integer'),
  query('resourceVersion'),
  query('resourceVersionMatch'),
  query('sendInitialEvents', 'boolean'),
  query('timeoutSeconds', 'integer'),
]

/** meta/v1 ListOptions */
export const LIST_PARAMETERS = [
  ...SELECTION_PARAMETERS,
  query('allowWatchBookmarks', 'boolean'),
  query('watch', 'boolean'),
]

export const DELETE_COLLECTION_PARAMETERS = [...DELETE_PARAMETERS, ...SELECTION_PARAMETERS]

/** core/v1 PodLogOptions */
export const LOG_PARAMETERS = [
  query('container'),
  query('follow', 'boolean'),
  query('insecureSkipTLSVerifyBackend', 'boolean'),
  query('limitBytes', 'integer'),
  query('previous', 'boolean'),
  query('sinceSeconds', 'integer'),
  query('stream'),
  query('tailLines', 'integer'),
  query('timestamps', 'boolean'),
]

const STREAM_PARAMETERS = [
  query('container'),
  query('stderr', 'boolean'),
  query('stdin', 'boolean'),
  query('stdout', 'boolean'),
  query('tty', 'boolean'),
]

/** What a connection to a subresource takes: core/v1 PodExecOptions and its like. */
export const CONNECT_PARAMETERS: Readonly<Record<string, readonly Parameter[]>> = {
  attach: STREAM_PARAMETERS,
  exec: [query('command'), ...STREAM_PARAMETERS],
  portforward: [query('ports', 'integer')],
  proxy: [query('path')],
}
