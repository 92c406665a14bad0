import type { Schema, ValidationRule } from '../../schema/schema.ts'
import type { CustomResourceDefinition } from '../../types.generated.ts'
import {
  after,
  count,
  duration,
  exitCode,
  jitter,
  list,
  LIST_ITEMS_MAX,
  notBefore,
  percent,
  quantity,
  QUANTITY,
  section,
  text,
  TEXT_LENGTH_MAX,
} from './schema-words.ts'
import { servesSchema } from './serves-schema.ts'

/** Of containers, namespaces and images, with `*` and `?`. */
const GLOB_PATTERN = '^[-A-Za-z0-9._/:@*?]+$'

const LABEL_VALUE_PATTERN = '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$'
const LABEL_KEY_PATTERN = '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$'

/** What is said of `WorkloadModel` in workload-model.ts, in the words of a definition. */
export const workloadModelCrd: CustomResourceDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'workloadmodels.dabba.dev' },
  spec: {
    group: 'dabba.dev',
    scope: 'Cluster',
    names: {
      plural: 'workloadmodels',
      singular: 'workloadmodel',
      kind: 'WorkloadModel',
      listKind: 'WorkloadModelList',
      shortNames: ['wm'],
      categories: ['dabba'],
    },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: workloadModelSchema() },
        additionalPrinterColumns: [
          { name: 'Priority', type: 'integer', jsonPath: '.spec.priority' },
          { name: 'Images', type: 'string', jsonPath: '.spec.selector.images' },
          { name: 'Namespaces', type: 'string', jsonPath: '.spec.selector.namespaces', priority: 1 },
          { name: 'Labels', type: 'string', jsonPath: '.spec.selector.podSelector.matchLabels', priority: 1 },
          { name: 'Containers', type: 'string', jsonPath: '.spec.selector.containers', priority: 1 },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
      },
    ],
  },
}

export function workloadModelSchema(): Schema {
  return {
    type: 'object',
    description: 'What a container does once the kubelet runs it, as data.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: {
        type: 'object',
        description:
          'Of all models that select a container, the first in precedence that has a section (image, start, runs, ...) gives that whole section. Precedence: priority, then a selector with podSelector, with containers, with the more literal image pattern, with namespaces, then the name.',
        required: ['selector'],
        properties: {
          selector: selectorSchema(),
          priority: {
            type: 'integer',
            format: 'int32',
            default: 0,
            description: 'The model with the higher priority goes first.',
          },
          image: imageSchema(),
          start: startSchema(),
          runs: list(runSchema(), {
            description:
              'How each run of the container ends: the first entry is the first run, the second the run after one restart; the last stands for all further runs.',
            minItems: 1,
          }),
          logs: logsSchema(),
          usage: usageSchema(),
          serves: servesSchema(),
          probes: probesSchema(),
          hooks: hooksSchema(),
          termination: terminationSchema(),
        },
      },
    },
  }
}

function selectorSchema(): Schema {
  const globs = (what: string): Schema =>
    list(
      { type: 'string', minLength: 1, maxLength: TEXT_LENGTH_MAX, pattern: GLOB_PATTERN },
      { description: `Globs (* and ?) of which one must match ${what}.` },
    )
  return {
    type: 'object',
    description: 'Which containers. A part that is absent or empty lets everything pass; all parts must hold.',
    properties: {
      podSelector: podSelectorSchema(),
      namespaces: globs("the pod's namespace"),
      images: globs('the image as the pod spec writes it'),
      containers: globs("the container's name, init containers included"),
    },
  }
}

function podSelectorSchema(): Schema {
  return {
    type: 'object',
    description: 'A label selector on the pod.',
    'x-kubernetes-map-type': 'atomic',
    properties: {
      matchLabels: {
        type: 'object',
        maxProperties: LIST_ITEMS_MAX,
        additionalProperties: { type: 'string', maxLength: 63, pattern: LABEL_VALUE_PATTERN },
      },
      matchExpressions: list(
        {
          type: 'object',
          required: ['key', 'operator'],
          properties: {
            key: { type: 'string', pattern: LABEL_KEY_PATTERN },
            operator: { type: 'string', enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
            values: list({ type: 'string', maxLength: 63, pattern: LABEL_VALUE_PATTERN }, {}),
          },
          'x-kubernetes-validations': [
            {
              rule: "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
              message: 'values go with In and NotIn, and only with them',
            },
          ],
        },
        {},
      ),
    },
  }
}

function imageSchema(): Schema {
  return section('Getting the image onto a node.', {
    pullDuration: duration('Time of one pull. 500ms when absent.'),
    size: quantity("Shown in the node's status.images. 100Mi when absent."),
    pullError: {
      type: 'object',
      description: 'Pulls fail after pullDuration.',
      required: ['message'],
      properties: {
        message: text('Words of the error.'),
        attempts: count('How many pulls on one node fail before one succeeds; all when absent.', 1),
      },
    },
    jitterPercent: jitter(),
  })
}

function startSchema(): Schema {
  return section(
    'From an image on the node to a container at work.',
    {
      createAfter: duration('From image present to container running. 100ms when absent.'),
      createError: text('The runtime cannot create the container and says this.'),
      startedAfter: duration('From running to the first success of the startup probe. 0s when absent.'),
      readyAfter: duration('From running to the first success of the readiness probe. startedAfter when absent.'),
      jitterPercent: jitter(),
    },
    [notBefore('readyAfter', 'startedAfter')],
  )
}

function runSchema(): Schema {
  const needsExit = (field: string): ValidationRule => ({
    rule: `!has(self.${field}) || has(self.exitAfter)`,
    message: `${field} needs exitAfter: without it the run does not end by itself`,
  })
  return section(
    'One run of a container. Without exitAfter it goes on until it is stopped.',
    {
      exitAfter: duration('From running to the end of the run.'),
      exitCode: exitCode('0 when absent.'),
      exitMessage: text("What is left in the container's termination message."),
      failurePercent: percent('Share of runs that end with failureCode instead of exitCode. 0 when absent.'),
      failureCode: exitCode('1 when absent.'),
      failureMessage: text('The termination message of a run that fails.'),
      jitterPercent: jitter(),
    },
    [needsExit('exitCode'), needsExit('failurePercent')],
  )
}

function logsSchema(): Schema {
  const line: Readonly<Record<string, Schema>> = {
    line: text(
      'What is written. $(NAME) is replaced: pod.name, pod.namespace, pod.uid, pod.ip, node.name, container.name, container.image, restartCount, time, count, exitCode, env:NAME, number:LOW-HIGH, pick:A,B,C, hex:DIGITS.',
    ),
    stream: { type: 'string', enum: ['stdout', 'stderr'], default: 'stdout' },
  }
  const lines = (description: string): Schema =>
    list({ type: 'object', required: ['line'], properties: line }, { description })
  return section('What the container writes.', {
    onStart: lines('When a run starts.'),
    periodic: list(
      {
        type: 'object',
        required: ['line', 'every'],
        properties: {
          ...line,
          every: duration('Time between two lines.', true),
          from: duration('Time of the first line since the start of the run. every when absent.'),
          until: duration('No line at or after this time since the start of the run.'),
          jitterPercent: jitter(),
        },
        'x-kubernetes-validations': [after('until', 'from')],
      },
      { description: 'Again and again while the container runs.' },
    ),
    onTermination: lines('When the process gets SIGTERM and handles it.'),
    onExit: lines('When the process ends by itself or after SIGTERM.'),
  })
}

function usageSchema(): Schema {
  return section('Consumption without load.', {
    cpu: curveSchema('In cores. Throttled to the limit.'),
    memory: curveSchema('In bytes. Above the limit the container is killed for want of memory.'),
    ephemeralStorage: curveSchema('In bytes. Above the limit the pod is evicted.'),
  })
}

function curveSchema(description: string): Schema {
  const point: Schema = {
    type: 'object',
    required: ['value'],
    properties: {
      after: duration('Time since the start of the run. 0s when absent.'),
      value: {
        ...quantity("A quantity, or a share of the container's request such as 60%."),
        pattern: `^(${QUANTITY}|[0-9]+([.][0-9]+)?%)$`,
      },
    },
  }
  return {
    type: 'object',
    description: `${description} Straight lines between points; the last value holds on, plus growth.`,
    required: ['points'],
    properties: {
      points: list(point, { minItems: 1 }),
      repeatEvery: duration('The curve of points starts over after this time.', true),
      growth: {
        type: 'object',
        description: 'A leak: amount is added for each every, from the last point on.',
        required: ['amount', 'every'],
        properties: {
          amount: quantity('A quantity.'),
          every: duration('The time in which amount is added.', true),
        },
      },
      jitterPercent: percent('The value wavers by this much. 0 when absent.'),
    },
    'x-kubernetes-validations': [
      {
        rule: "self.points.map(p, has(p.after) ? duration(p.after) : duration('0s')).isSorted()",
        message: 'points must be in order of after',
      },
      {
        rule: '!has(self.repeatEvery) || self.points.all(p, !has(p.after) || duration(p.after) <= duration(self.repeatEvery))',
        message: 'repeatEvery must not be before the last point',
      },
    ],
  }
}

function probesSchema(): Schema {
  const windows = (description: string): Schema =>
    list(
      {
        type: 'object',
        properties: {
          from: duration('Start of the window since the start of the run. 0s when absent.'),
          until: duration('End of the window; never when absent.'),
          repeatEvery: duration('The window comes again after each such time.', true),
          result: { type: 'string', enum: ['Success', 'Failure', 'Timeout'], default: 'Failure' },
          message: text('Output of the probe.'),
        },
        'x-kubernetes-validations': [
          after('until', 'from'),
          {
            rule: '!has(self.repeatEvery) || has(self.until) && duration(self.until) <= duration(self.repeatEvery)',
            message: 'repeatEvery needs until, and must not be before it',
          },
        ],
      },
      { description: `${description} The first window that holds the time decides.` },
    )
  return section('Answers that differ from those that start implies.', {
    startup: windows('Fails before start.startedAfter, then succeeds.'),
    readiness: windows('Fails before start.readyAfter, then succeeds.'),
    liveness: windows('Succeeds.'),
  })
}

function hooksSchema(): Schema {
  const outcome = (description: string): Schema => ({
    type: 'object',
    description,
    properties: {
      duration: duration('How long the hook takes. 0s when absent.'),
      error: text('The hook fails with this message after its duration.'),
    },
  })
  return section('Lifecycle hooks that run something; a sleep hook takes the time it names.', {
    postStart: outcome('After the start of the container.'),
    preStop: outcome('Before SIGTERM.'),
  })
}

function terminationSchema(): Schema {
  return section(
    'The answer to SIGTERM.',
    {
      exitAfter: duration('From the signal to the end of the process. 200ms when absent.'),
      exitCode: exitCode('0 when absent; 143 for a process that does not handle the signal.'),
      ignoresSignal: { type: 'boolean', description: 'The container is killed when its grace period ends.' },
      jitterPercent: jitter(),
    },
    [
      {
        rule: '!has(self.ignoresSignal) || !self.ignoresSignal || !has(self.exitAfter) && !has(self.exitCode)',
        message: 'a process that ignores the signal has neither exitAfter nor exitCode',
      },
    ],
  )
}
