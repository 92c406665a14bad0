import { badRequest, type Cause, forbiddenField, invalid, notSupported, StatusError } from '../../api/errors.ts'
import type { ServerContext } from '../context.ts'

/** How long a read waits for a revision that is still to come (k8s.io/apiserver pkg/storage/cacher). */
const FUTURE_WAIT_MS = 3_000
const FUTURE_POLL_MS = 100

/** Reads a resourceVersion parameter; `undefined` for none and for `0`, which both mean "whatever you have". */
export function parseResourceVersion(text: string | undefined): number | undefined {
  if (text === undefined || text === '' || text === '0') return undefined
  if (!/^[0-9]+$/.test(text)) throw new StatusError(500, '', notANumber(text))
  return Number(text)
}

/** Upstream has no Status for this on reads of one object and on watches, and its server answers with 500. */
function notANumber(text: string): string {
  const quoted = JSON.stringify(text)
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`
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

/** k8s.io/apimachinery pkg/apis/meta/internalversion/validation and k8s.io/apiserver pkg/storage ValidateListOptions. */
export function checkListParameters(options: {
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: string
  readonly sendInitialEvents?: boolean
}): void {
  const { continue: token = '', resourceVersion = '', resourceVersionMatch: match = '', sendInitialEvents } = options
  const forbid = (detail: string): Cause => forbiddenField('resourceVersionMatch', detail)
  const causes: Cause[] = []
  if (match !== '') {
    if (resourceVersion === '')
      causes.push(forbid('resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (token !== '') causes.push(forbid('resourceVersionMatch is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      causes.push(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']))
    }
    if (match === 'Exact' && resourceVersion === '0') {
      causes.push(forbid('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    }
  }
  if (sendInitialEvents !== undefined) {
    causes.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  }
  if (causes.length > 0) throw invalidOptions(causes)
  if (token !== '' && resourceVersion !== '' && resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  if (!/^[0-9]*$/.test(resourceVersion)) {
    throw badRequest(`invalid resource version: ${notANumber(resourceVersion)}`)
  }
}

function invalidOptions(causes: readonly Cause[]): StatusError {
  return invalid('meta.k8s.io', 'ListOptions', '', causes)
}
