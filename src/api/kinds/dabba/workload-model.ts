import type { Kind } from '../../kind.ts'
import type { ApiObject } from '../../object.ts'
import type { ServesSection } from './serves-section.ts'
import { workloadModelCrd, workloadModelSchema } from './workload-model-crd.ts'

/**
 * What a container does once the kubelet runs it, as data: `dabba.dev/v1alpha1` WorkloadModel.
 *
 * **Scope.** Cluster-scoped, like RuntimeClass and StorageClass: an image behaves the same in every namespace, models are
 * applied before the namespaces they speak of exist, and deleting a namespace must not change what an image does.
 *
 * **Which model applies.** A model selects *containers*. Its behaviour is split into sections (`image`, `start`, `runs`,
 * `usage`, …). Of all models that select a container, the first in precedence that has a section gives that whole section;
 * sections are never mixed field by field. So one model can give every image a pull time and another give one
 * workload a leak. Precedence, first difference decides:
 *   1. higher `spec.priority`;
 *   2. `selector.podSelector` that is not empty before none;
 *   3. `selector.containers` before none;
 *   4. the matching image pattern with more literal characters (none counts 0);
 *   5. `selector.namespaces` before none;
 *   6. the name that sorts first.
 * A section that no model gives has the defaults stated at its field below: the container starts at once and is healthy.
 *
 * A container keeps the behaviour that it was created with: a model that is added or changed applies to containers that
 * are created or restarted after it.
 *
 * **Words.** Durations are Go duration strings (`90s`, `1h30m`, `250ms`); amounts are Kubernetes quantities (`250m`,
 * `64Mi`); `…Percent` is a whole number from 0 to 100. `jitterPercent: 20` on a section draws each of its durations
 * evenly from 80 % to 120 % of what is written, anew for each run of the container. Patterns are globs: `*` stands for any
 * run of characters (also `/` and `:`), `?` for one; a pattern is matched against the whole text.
 *
 * **Load.** All this is what a container does without requests. Models of load (which paths it serves, how requests turn
 * into CPU, memory, latency and errors) join as further sections under the same selection; `usage` is then their base line.
 */
export interface WorkloadModel extends ApiObject {
  readonly apiVersion: 'dabba.dev/v1alpha1'
  readonly kind: 'WorkloadModel'
  readonly spec: WorkloadModelSpec
}

/** For clients: the server's own comes with the definition, and validates and fills in by its schema. */
export const WorkloadModel: Kind<WorkloadModel> = {
  group: workloadModelCrd.spec.group,
  version: 'v1alpha1',
  kind: 'WorkloadModel',
  plural: workloadModelCrd.spec.names.plural,
  singular: 'workloadmodel',
  namespaced: false,
  custom: true,
  schema: workloadModelSchema,
}

export interface WorkloadModelSpec extends WorkloadSections {
  /** Which containers. A part that is absent or empty lets everything pass; all parts must hold. */
  readonly selector: WorkloadSelector
  /** Default 0. */
  readonly priority?: number
}

export interface WorkloadSelector {
  /** On the labels of the pod. */
  readonly podSelector?: {
    readonly matchLabels?: Readonly<Record<string, string>>
    readonly matchExpressions?: readonly {
      readonly key: string
      readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
      readonly values?: readonly string[]
    }[]
  }
  /** Globs on the pod's namespace. */
  readonly namespaces?: readonly string[]
  /** Globs on the image as the pod spec writes it: `*` + `/checkout:v2*`, `mongo:*`. */
  readonly images?: readonly string[]
  /** Globs on the container's name, init containers included. */
  readonly containers?: readonly string[]
}

/** The parts of a behaviour that models overlay one by one. */
export interface WorkloadSections {
  readonly image?: ImageSection
  readonly start?: StartSection
  /**
   * How each run of the container ends: the first entry is the first run, the second the run after one restart, and so on;
   * the last entry stands for all further runs. Default: init containers, and containers of pods whose restartPolicy is
   * not Always, end with code 0 after 1 s; all others run until they are stopped.
   */
  readonly runs?: readonly RunSection[]
  readonly logs?: LogsSection
  readonly usage?: UsageSection
  readonly serves?: ServesSection
  readonly probes?: ProbesSection
  readonly hooks?: HooksSection
  readonly termination?: TerminationSection
}

/** Getting the image onto a node. A node keeps an image once pulled; `imagePullPolicy: Always` then costs no time. */
export interface ImageSection {
  /** Time of one pull. Default `500ms`. */
  readonly pullDuration?: string
  /** Shown in the node's `status.images`, counted by image locality. Default `100Mi`. */
  readonly size?: string | number
  /** Pulls fail after `pullDuration` with this message (ErrImagePull, then ImagePullBackOff). */
  readonly pullError?: {
    readonly message: string
    /** How many pulls on one node fail before one succeeds; all when absent. */
    readonly attempts?: number
  }
  readonly jitterPercent?: number
}

/** From an image on the node to a container at work. */
export interface StartSection {
  /** From image present to container running: sandbox and runtime. Default `100ms`. */
  readonly createAfter?: string
  /** The runtime cannot create the container and says this (CreateContainerError, RunContainerError). */
  readonly createError?: string
  /** From running to the first time that the startup probe succeeds. Default `0s`. */
  readonly startedAfter?: string
  /** From running to the first time that the readiness probe succeeds. Default: `startedAfter`. */
  readonly readyAfter?: string
  readonly jitterPercent?: number
}

/** One run of a container, from its start to its end by its own doing. Without `exitAfter` it runs until it is stopped. */
export interface RunSection {
  readonly exitAfter?: string
  /** Default 0. Codes above 128 are shown as signals, as the container runtime does (137 is SIGKILL). */
  readonly exitCode?: number
  /** What the container wrote to its termination message path. */
  readonly exitMessage?: string
  /** Share of runs that end with `failureCode` instead of `exitCode`, drawn for each run. Default 0. */
  readonly failurePercent?: number
  /** Default 1. */
  readonly failureCode?: number
  readonly failureMessage?: string
  readonly jitterPercent?: number
}

/**
 * What the container writes. In a line, `$(NAME)` is replaced as in a container's args (`$$(NAME)` stays `$(NAME)`, an
 * unknown name stays as written):
 * `pod.name`, `pod.namespace`, `pod.uid`, `pod.ip`, `node.name`, `container.name`, `container.image`, `restartCount`;
 * `time` (RFC 3339, milliseconds), `count` (1, 2, … over the lines of this run), `exitCode` (in `onExit`);
 * `env:NAME`; `number:20-480` (a whole number, bounds included); `pick:upi,card,netbanking` (one of these);
 * `hex:16` (so many hexadecimal digits). The last three are drawn for each line.
 */
export interface LogsSection {
  readonly onStart?: readonly LogLine[]
  readonly periodic?: readonly PeriodicLogLine[]
  /** When the process gets SIGTERM, and handles it. */
  readonly onTermination?: readonly LogLine[]
  /** When the process ends by itself or after SIGTERM; not when it is killed. */
  readonly onExit?: readonly LogLine[]
}

export interface LogLine {
  readonly line: string
  /** Default `stdout`. */
  readonly stream?: 'stdout' | 'stderr'
}

/** Written at `from`, `from + every`, … as long as that is before `until`. Times count from the start of the run. */
export interface PeriodicLogLine extends LogLine {
  readonly every: string
  /** Default: `every`. */
  readonly from?: string
  readonly until?: string
  /** Spreads each line over this share of the interval, around its time; without it all pods of one start write in step. Default 0. */
  readonly jitterPercent?: number
}

/**
 * Consumption, without load. CPU above the limit is throttled to the limit; memory above the limit is an OOM kill;
 * ephemeral storage above the limit evicts the pod. Default: 10 % of the request for CPU and 50 % for memory (0 and 16Mi
 * without a request), no ephemeral storage.
 */
export interface UsageSection {
  readonly cpu?: UsageCurve
  readonly memory?: UsageCurve
  readonly ephemeralStorage?: UsageCurve
}

/** Straight lines between `points`; before the first point its value, after the last point its value plus `growth`. */
export interface UsageCurve {
  /** In order of `after`. At least one. */
  readonly points: readonly UsagePoint[]
  /** The curve of `points` starts over after this time, which is not before the last point. */
  readonly repeatEvery?: string
  /** A leak: added from the last point on (from the start, with `repeatEvery`), `amount` for each `every`. */
  readonly growth?: { readonly amount: string | number; readonly every: string }
  /** The value wavers by this much around the curve. Default 0. */
  readonly jitterPercent?: number
}

export interface UsagePoint {
  /** Time since the start of the run. Default `0s`. */
  readonly after?: string
  /** A quantity, or a share of the container's request such as `60%` (of its limit when it requests none, else 0). */
  readonly value: string | number
}

/**
 * Answers to probes that differ from the default: startup fails before `start.startedAfter` and succeeds then, readiness
 * likewise with `start.readyAfter`, liveness succeeds. The first window that holds the time decides. Where no window
 * holds and a model has `serves`, probes over the network are answered by what is served.
 */
export interface ProbesSection {
  readonly startup?: readonly ProbeWindow[]
  readonly readiness?: readonly ProbeWindow[]
  readonly liveness?: readonly ProbeWindow[]
}

/** Times count from the start of the run. `until` is not part of the window; without it the window never ends. */
export interface ProbeWindow {
  /** Default `0s`. */
  readonly from?: string
  readonly until?: string
  /** The window comes again after each such time. */
  readonly repeatEvery?: string
  /** `Timeout` answers nothing within the probe's `timeoutSeconds`. Default `Failure`. */
  readonly result?: 'Success' | 'Failure' | 'Timeout'
  /** Output of the probe. Default: the words of a 503 answer, of a refused connection or of an exit code 1. */
  readonly message?: string
}

/** Lifecycle hooks that run something (`exec`, `httpGet`); a `sleep` hook takes the time it names. */
export interface HooksSection {
  readonly postStart?: HookOutcome
  readonly preStop?: HookOutcome
}

export interface HookOutcome {
  /** Default `0s`. */
  readonly duration?: string
  /** The hook fails with this message once `duration` has passed. */
  readonly error?: string
}

/** The answer to SIGTERM. */
export interface TerminationSection {
  /** Default `200ms`. */
  readonly exitAfter?: string
  /** Default 0. 143 for a process that does not handle the signal. */
  readonly exitCode?: number
  /** The signal is ignored: the container is killed (137) when its grace period ends. */
  readonly ignoresSignal?: boolean
  readonly jitterPercent?: number
}
