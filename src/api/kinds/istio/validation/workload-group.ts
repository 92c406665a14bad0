import { probeHeaderProblem } from './header-names.ts'
import { type Labels, validateLabels } from './labels.ts'
import { portProblem } from './numbers.ts'
import { countOf, error, errorOf, isGiven, type Maybe, printErrors, type Problem } from './problem.ts'

export interface WorkloadGroup {
  readonly metadata?: Maybe<{ readonly labels?: Maybe<Labels> }>
  readonly template?: Maybe<object>
  readonly probe?: Maybe<Probe>
}

interface Probe {
  readonly periodSeconds?: number
  readonly initialDelaySeconds?: number
  readonly timeoutSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
  readonly httpGet?: Maybe<HttpProbe>
  readonly tcpSocket?: Maybe<{ readonly port?: number }>
  readonly exec?: Maybe<{ readonly command?: Maybe<readonly string[]> }>
  readonly grpc?: Maybe<object>
}

interface HttpProbe {
  readonly port?: number
  readonly scheme?: string
  readonly httpHeaders?: Maybe<readonly Maybe<{ readonly name?: string }>[]>
}

/** The template's fields are filled in from the machine: only its being there counts. */
export function* validateWorkloadGroup({ metadata, template, probe }: WorkloadGroup): Generator<Problem> {
  if (!isGiven(template)) {
    yield error('template is required')
    return
  }
  const labels = printErrors(validateLabels(metadata?.labels))
  if (labels !== undefined) {
    yield error(`invalid labels: ${labels}`)
    return
  }
  if (isGiven(probe)) yield* validateProbe(probe)
}

const COUNTS = [
  'periodSeconds',
  'initialDelaySeconds',
  'timeoutSeconds',
  'successThreshold',
  'failureThreshold',
] as const

function* validateProbe(probe: Probe): Generator<Problem> {
  for (const count of COUNTS) if ((probe[count] ?? 0) < 0) yield error(`${count} must be non-negative`)
  if (probe.httpGet !== undefined) yield* validateHttpProbe(probe.httpGet)
  else if (probe.tcpSocket !== undefined) {
    yield* errorOf(isGiven(probe.tcpSocket) ? portProblem(probe.tcpSocket.port ?? 0) : 'tcpSocket may not be nil')
  } else if (probe.exec !== undefined) {
    if (!isGiven(probe.exec)) yield error('exec may not be nil')
    else if (countOf(probe.exec.command) === 0) yield error('exec.command is required')
  } else {
    // As Go prints the type of what it does not know.
    const method = isGiven(probe.grpc) ? '*v1alpha3.ReadinessProbe_Grpc' : '<nil>'
    yield error(`unknown health check method ${method}`)
  }
}

function* validateHttpProbe(probe: Maybe<HttpProbe>): Generator<Problem> {
  if (!isGiven(probe)) {
    yield error('httpGet may not be nil')
    return
  }
  yield* errorOf(portProblem(probe.port ?? 0))
  if (!['', 'HTTPS', 'HTTP'].includes(probe.scheme ?? '')) yield error('httpGet.scheme must be one of "HTTPS", "HTTP"')
  for (const header of probe.httpHeaders ?? []) {
    yield* errorOf(isGiven(header) ? probeHeaderProblem(header.name ?? '') : 'invalid nil header')
  }
}
