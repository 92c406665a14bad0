import { badRequest, type Cause, forbiddenField, invalid, notSupported, StatusError } from '../../api/errors.ts'
import type { ServerContext } from '../context.ts'

/** How long a read waits for a revision that is still to come (k8s.io/apiserver pkg/storage/cacher). */
const FUTURE_WAIT_MS = 3_000
const FUTURE_POLL_MS = 100

/** Reads a resourceVersion parameter; `undefined` for none and for `0`, which both mean "whatever you have". */
export function parseResourceVersion(text: string | undefined): number | undefined {
  if (text === undefined || text === '' || text === '0') return undefined
  if (!/^[0-9]+$/.test(text))
    throw badRequest(`invalid resource version "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`)
  return Number(text)
}

/** Waits until the store has reached the revision that a reader has seen elsewhere. */
export async function atLeastRevision(text: string | undefined, { store, clock }: ServerContext): Promise<void> {
  const wanted = parseResourceVersion(text)
  if (wanted === undefined || wanted <= store.revision) return
  const deadlineMs = clock.now() + FUTURE_WAIT_MS
  while (store.revision < wanted) {
    if (clock.now() >= deadlineMs) throw tooLargeResourceVersion(wanted, store.revision)
    await clock.sleep(FUTURE_POLL_MS)
  }
}

function tooLargeResourceVersion(wanted: number, present: number): StatusError {
  const message = `Timeout: Too large resource version: ${wanted}, current: ${present}`
  return new StatusError(504, 'Timeout', message, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

/** k8s.io/apimachinery pkg/apis/meta/internalversion/validation/validation.go */
export function checkListParameters(options: {
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: string
}): void {
  const { continue: token = '', resourceVersion = '', resourceVersionMatch } = options
  if (token !== '' && resourceVersion !== '' && resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  if (resourceVersionMatch === undefined) return
  if (token !== '') {
    throw invalidOptions([
      forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'),
    ])
  }
  if (resourceVersion === '') {
    throw invalidOptions([
      forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'),
    ])
  }
  if (resourceVersionMatch !== 'Exact' && resourceVersionMatch !== 'NotOlderThan') {
    throw invalidOptions([notSupported('resourceVersionMatch', resourceVersionMatch, ['Exact', 'NotOlderThan', ''])])
  }
  if (resourceVersionMatch === 'Exact' && resourceVersion === '0') {
    throw invalidOptions([
      forbiddenField('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
    ])
  }
}

function invalidOptions(causes: readonly Cause[]): StatusError {
  return invalid('meta.k8s.io', 'ListOptions', '', causes)
}
