import { matcherToJson } from '../matchers/alert-matcher.ts'
import { matcherDraft, type Silence, type SilenceState, silenceState } from '../silences/silence.ts'
import { SilenceError } from '../silences/silences.ts'
import { filterMatchers, matchesFilter } from './filters.ts'
import {
  type AlertmanagerRequest,
  type AlertmanagerResponse,
  empty,
  flag,
  invalidForm,
  isRecord,
  json,
  parseBody,
  printTime,
  readLabels,
  readTime,
} from './http.ts'
import type { ApiState } from './state.ts'

/** Whose silences come first in a list. */
const ORDER: readonly SilenceState[] = ['active', 'pending', 'expired']

/** GET /api/v2/silences */
export function getSilences({ query }: AlertmanagerRequest, state: ApiState): AlertmanagerResponse {
  const matchers = filterMatchers(query, 'filter', { mode: state.mode })
  const shown = ORDER.filter((each) => flag(query, each, true))
  const silences = state.silences
    .list()
    .filter((silence) => shown.includes(silenceState(silence, state.nowMs)))
    .filter(({ matcherSets }) =>
      matchesFilter(matchers, Object.fromEntries(matcherSets.flat().map(({ name, value }) => [name, value]))),
    )
    .sort((a, b) => compareSilences(a, b, state.nowMs))
  return json(
    200,
    silences.map((silence) => silenceJson(silence, state.nowMs)),
  )
}

/** Those that end soon first, those that begin soon first, those that ended late first. */
function compareSilences(a: Silence, b: Silence, nowMs: number): number {
  const state = silenceState(a, nowMs)
  const order = ORDER.indexOf(state) - ORDER.indexOf(silenceState(b, nowMs))
  if (order !== 0) return order
  if (state === 'pending') return a.startsAtMs - b.startsAtMs
  return state === 'active' ? a.endsAtMs - b.endsAtMs : b.endsAtMs - a.endsAtMs
}

/** GET /api/v2/silence/{id} */
export function getSilence(id: string, state: ApiState): AlertmanagerResponse {
  checkId(id)
  const silence = state.silences.get(id)
  return silence === undefined ? empty(404) : json(200, silenceJson(silence, state.nowMs))
}

/** DELETE /api/v2/silence/{id} */
export function deleteSilence(id: string, state: ApiState): AlertmanagerResponse {
  checkId(id)
  try {
    state.silences.expire(id, state.nowMs)
    return empty(200)
  } catch (failure) {
    if (failure instanceof SilenceError) return empty(404)
    throw failure
  }
}

/** POST /api/v2/silences */
export function postSilences({ body }: AlertmanagerRequest, state: ApiState): AlertmanagerResponse {
  const posted = parseBody(body)
  if (!isRecord(posted)) throw invalidForm(422, 601, 'silence in body must be of type object')
  for (const name of ['comment', 'createdBy', 'endsAt', 'matchers', 'startsAt']) {
    if (posted[name] === undefined || posted[name] === null)
      throw invalidForm(422, 602, `silence.${name} in body is required`)
  }
  const matchers = readMatchers(posted['matchers'])
  const startsAtMs = readTime(posted['startsAt'], 'silence.startsAt')
  const endsAtMs = readTime(posted['endsAt'], 'silence.endsAt')
  if (endsAtMs !== undefined && startsAtMs !== undefined && endsAtMs <= startsAtMs) {
    return json(400, 'Failed to create silence: start time must be before end time')
  }
  if (endsAtMs !== undefined && endsAtMs < state.nowMs) {
    return json(400, "Failed to create silence: end time can't be in the past")
  }
  const { id, createdBy, comment } = posted
  try {
    const silence = state.silences.set(
      {
        id: textOf(id),
        matcherSets: [matchers],
        startsAtMs,
        endsAtMs,
        createdBy: textOf(createdBy),
        comment: textOf(comment),
        annotations: readLabels(posted['annotations'], 'silence.annotations'),
      },
      state.nowMs,
    )
    return json(200, { silenceID: silence.id })
  } catch (failure) {
    if (!(failure instanceof SilenceError)) throw failure
    return json(failure.reason === 'not found' ? 404 : 400, failure.message)
  }
}

function readMatchers(posted: unknown) {
  if (!Array.isArray(posted)) throw invalidForm(422, 601, 'silence.matchers in body must be of type array')
  if (posted.length === 0) throw invalidForm(422, 612, 'silence.matchers in body should have at least 1 items')
  return posted.map((matcher: unknown, index) => {
    if (!isRecord(matcher)) throw invalidForm(422, 601, `silence.matchers.${index} in body must be of type object`)
    for (const name of ['isRegex', 'name', 'value']) {
      if (matcher[name] === undefined)
        throw invalidForm(422, 602, `silence.matchers.${index}.${name} in body is required`)
    }
    return matcherDraft({
      name: textOf(matcher['name']),
      value: textOf(matcher['value']),
      isRegex: matcher['isRegex'] === true,
      isEqual: matcher['isEqual'] !== false,
    })
  })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function checkId(id: string): void {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
    throw invalidForm(422, 601, `silenceID in path must be of type uuid: ${JSON.stringify(id)}`)
  }
}

function silenceJson(silence: Silence, nowMs: number): object {
  return {
    id: silence.id,
    status: { state: silenceState(silence, nowMs) },
    updatedAt: printTime(silence.updatedAtMs),
    comment: silence.comment,
    createdBy: silence.createdBy,
    endsAt: printTime(silence.endsAtMs),
    matchers: silence.matcherSets.flat().map(matcherToJson),
    startsAt: printTime(silence.startsAtMs),
    ...(Object.keys(silence.annotations).length > 0 && { annotations: silence.annotations }),
  }
}
