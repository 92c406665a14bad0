import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, notSupported, required } from '../../errors.ts'
import { validateHttpHeaderName } from '../../names/words.ts'
import type { Container, HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateNonNegative } from '../validation/numbers.ts'
import { validatePortNumberOrName } from '../validation/ports.ts'

/** Everything of a container that the kubelet calls while it runs: hooks first, then the three probes. */
export function* validateProbes(
  { lifecycle, livenessProbe, readinessProbe, startupProbe }: Container,
  field: string,
  gracePeriodSeconds: number | undefined,
): Generator<Cause> {
  if (lifecycle !== undefined) yield* validateLifecycle(lifecycle, `${field}.lifecycle`, gracePeriodSeconds)
  if (livenessProbe !== undefined) yield* validateOneSuccess(livenessProbe, `${field}.livenessProbe`)
  if (readinessProbe !== undefined) {
    yield* validateProbe(readinessProbe, `${field}.readinessProbe`)
    const grace = readinessProbe.terminationGracePeriodSeconds
    if (grace !== undefined) {
      const place = `${field}.readinessProbe.terminationGracePeriodSeconds`
      yield invalidValue(place, grace, 'must not be set for readinessProbes')
    }
  }
  if (startupProbe !== undefined) yield* validateOneSuccess(startupProbe, `${field}.startupProbe`)
}

/** A container that failed to be alive or to start is killed, so that there is no second success to wait for. */
function* validateOneSuccess(probe: Probe, field: string): Generator<Cause> {
  yield* validateProbe(probe, field)
  const { successThreshold = 0 } = probe
  if (successThreshold !== 1) yield invalidValue(`${field}.successThreshold`, successThreshold, 'must be 1')
}

function* validateProbe(probe: Probe, field: string): Generator<Cause> {
  yield* validateHandler(probe, field, undefined)
  yield* validateNonNegative(probe.initialDelaySeconds, `${field}.initialDelaySeconds`)
  yield* validateNonNegative(probe.timeoutSeconds, `${field}.timeoutSeconds`)
  yield* validateNonNegative(probe.periodSeconds, `${field}.periodSeconds`)
  yield* validateNonNegative(probe.successThreshold, `${field}.successThreshold`)
  yield* validateNonNegative(probe.failureThreshold, `${field}.failureThreshold`)
  const grace = probe.terminationGracePeriodSeconds
  if (grace !== undefined && grace <= 0) {
    yield invalidValue(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0')
  }
}

function* validateLifecycle(
  { postStart, preStop }: Lifecycle,
  field: string,
  gracePeriodSeconds: number | undefined,
): Generator<Cause> {
  if (postStart !== undefined) yield* validateHandler(postStart, `${field}.postStart`, gracePeriodSeconds)
  if (preStop !== undefined) yield* validateHandler(preStop, `${field}.preStop`, gracePeriodSeconds)
}

type Handler = Pick<Probe, 'grpc'> & LifecycleHandler

function* validateHandler(
  { exec, httpGet, tcpSocket, grpc, sleep }: Handler,
  field: string,
  gracePeriodSeconds: number | undefined,
): Generator<Cause> {
  const handlers: readonly (readonly [string, (() => Iterable<Cause>) | undefined])[] = [
    ['exec', exec && (() => validateExec(exec.command, `${field}.exec`))],
    ['httpGet', httpGet && (() => validateHttpGet(httpGet, `${field}.httpGet`))],
    ['tcpSocket', tcpSocket && (() => validatePortNumberOrName(tcpSocket.port, `${field}.tcpSocket.port`))],
    ['grpc', grpc && (() => validatePortNumberOrName(grpc.port, `${field}.grpc.port`))],
    ['sleep', sleep && (() => validateSleep(sleep.seconds, `${field}.sleep`, gracePeriodSeconds))],
  ]
  let count = 0
  for (const [name, validate] of handlers) {
    if (validate === undefined) continue
    if (++count === 1) yield* validate()
    else yield forbiddenField(`${field}.${name}`, 'may not specify more than 1 handler type')
  }
  if (count === 0) yield required(field, 'must specify a handler type')
}

function* validateExec(command: readonly string[] | undefined, field: string): Generator<Cause> {
  if (command === undefined || command.length === 0) yield required(`${field}.command`, '')
}

const SCHEMES: readonly string[] = ['HTTP', 'HTTPS']

function* validateHttpGet(action: HTTPGetAction, field: string): Generator<Cause> {
  const { path = '', port, scheme = '', httpHeaders = [] } = action
  if (path === '') yield required(`${field}.path`, '')
  yield* validatePortNumberOrName(port, `${field}.port`)
  if (!SCHEMES.includes(scheme)) yield notSupported(`${field}.scheme`, scheme, SCHEMES)
  for (const { name } of httpHeaders) {
    yield* invalidFor(`${field}.httpHeaders`, name, validateHttpHeaderName(name))
  }
}

function* validateSleep(seconds: number, field: string, gracePeriodSeconds: number | undefined): Generator<Cause> {
  if (gracePeriodSeconds === undefined || (seconds >= 0 && seconds <= gracePeriodSeconds)) return
  const rule = 'must be non-negative and less than terminationGracePeriodSeconds'
  yield invalidValue(field, seconds, `${rule} (${gracePeriodSeconds})`)
}
