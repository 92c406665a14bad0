import type { Schema } from '../../schema/schema.ts'

/** What something used of each resource, by its name. */
const usage: Schema = {
  type: 'object',
  description: 'The memory usage is the memory working set.',
  additionalProperties: { 'x-kubernetes-int-or-string': true },
}

const container: Schema = {
  type: 'object',
  description: 'What one container used.',
  required: ['name', 'usage'],
  properties: { name: { type: 'string', description: 'Name of the container.' }, usage },
}

/** The parts that node and pod metrics share, and what is their own. */
export function usageSchema(kind: 'NodeMetrics' | 'PodMetrics'): Schema {
  const own: Readonly<Record<string, Schema>> =
    kind === 'NodeMetrics'
      ? { usage }
      : { containers: { type: 'array', description: 'One entry for each container.', items: container } }
  return {
    type: 'object',
    description: `What a ${kind === 'NodeMetrics' ? 'node' : 'pod'} used during the last window.`,
    required: ['timestamp', 'window', ...Object.keys(own)],
    properties: {
      timestamp: { type: 'string', format: 'date-time', description: 'When the usage was read.' },
      window: { type: 'string', description: 'From timestamp back, how long the usage was watched: a duration.' },
      ...own,
    },
  }
}
