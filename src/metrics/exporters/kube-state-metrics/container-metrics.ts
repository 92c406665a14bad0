import type { Container, ContainerStatus, Pod } from '../../../api/types.generated.ts'
import { flag, gauge, type ObjectMetric, resourceSamples, type Sample, secondsOf } from './object-metrics.ts'

interface Containers {
  specs(pod: Pod): readonly Container[]
  statuses(pod: Pod): readonly ContainerStatus[]
}

/** What is told of the containers of pods: the same for init containers, under another name. */
export function containerMetrics(prefix: string, { specs, statuses }: Containers): readonly ObjectMetric<Pod>[] {
  const each =
    (samples: (status: ContainerStatus) => Iterable<Sample>): ((pod: Pod) => Iterable<Sample>) =>
    (pod) =>
      statuses(pod).flatMap((status) =>
        Array.from(samples(status), ([labels, value]): Sample => [{ container: status.name, ...labels }, value]),
      )
  const resources = (of: 'requests' | 'limits') =>
    function* (pod: Pod): Generator<Sample> {
      for (const { name, resources: given } of specs(pod)) {
        yield* resourceSamples(given?.[of], { container: name, node: pod.spec.nodeName ?? '' })
      }
    }
  return [
    gauge(`${prefix}_info`, 'What containers run.', (pod) =>
      statuses(pod).map((status): Sample => {
        const { name, image, imageID, containerID = '' } = status
        const spec = specs(pod).find((one) => one.name === name)?.image ?? ''
        return [{ container: name, image_spec: spec, image, image_id: imageID, container_id: containerID }, 1]
      }),
    ),
    gauge(`${prefix}_resource_requests`, 'What containers have asked for.', resources('requests')),
    gauge(`${prefix}_resource_limits`, 'What containers may use.', resources('limits')),
    gauge(
      `${prefix}_status_ready`,
      'Whether containers serve.',
      each(({ ready }) => [[{}, flag(ready)]]),
    ),
    gauge(
      `${prefix}_status_running`,
      'Containers that run.',
      each(({ state }) => [[{}, flag(state?.running !== undefined)]]),
    ),
    gauge(
      `${prefix}_status_waiting`,
      'Containers that wait.',
      each(({ state }) => [[{}, flag(state?.waiting !== undefined)]]),
    ),
    gauge(
      `${prefix}_status_terminated`,
      'Containers that have ended.',
      each(({ state }) => [[{}, flag(state?.terminated !== undefined)]]),
    ),
    gauge(
      `${prefix}_status_waiting_reason`,
      'Why containers wait.',
      each(({ state }) => reason(state?.waiting?.reason)),
    ),
    gauge(
      `${prefix}_status_terminated_reason`,
      'Why containers have ended.',
      each(({ state }) => reason(state?.terminated?.reason)),
    ),
    gauge(
      `${prefix}_status_last_terminated_reason`,
      'Why the run before ended.',
      each(({ lastState }) => reason(lastState?.terminated?.reason)),
    ),
    gauge(
      `${prefix}_status_last_terminated_exitcode`,
      'With which code the run before ended.',
      each(({ lastState }) => present(lastState?.terminated?.exitCode)),
    ),
    gauge(
      `${prefix}_status_last_terminated_timestamp`,
      'When the run before ended.',
      each(({ lastState }) => present(secondsOf(lastState?.terminated?.finishedAt))),
    ),
    gauge(
      `${prefix}_state_started`,
      'Since when containers run.',
      each(({ state }) => present(secondsOf(state?.running?.startedAt))),
    ),
    {
      name: `${prefix}_status_restarts_total`,
      help: 'How often containers were started again.',
      type: 'counter',
      samples: each(({ restartCount }) => [[{}, restartCount]]),
    },
  ]
}

function reason(text: string | undefined): readonly Sample[] {
  return text === undefined || text === '' ? [] : [[{ reason: text }, 1]]
}

function present(value: number | undefined): readonly Sample[] {
  return value === undefined ? [] : [[{}, value]]
}
