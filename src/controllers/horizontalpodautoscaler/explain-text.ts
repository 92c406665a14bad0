import type { AutoscalerExplanation, MetricExplanation } from './explain.ts'

/** How many of the last decisions are shown. */
const DECISIONS_MAX = 10

/** An explanation for people. */
export function autoscalerText(explanation: AutoscalerExplanation): string {
  const { target, currentReplicas, minReplicas, maxReplicas, metrics, desiredReplicas, conditions } = explanation
  const lines = [`${target} has ${currentReplicas} replicas; ${minReplicas} to ${maxReplicas} are allowed.`, '']
  for (const metric of metrics) lines.push(...metricLines(metric))
  if (desiredReplicas === undefined) lines.push('The metrics give nothing to go by, so the size stays.')
  else lines.push(`The largest wish counts: ${desiredReplicas}, before stabilization and limits.`)
  lines.push('', 'What the controller says:', ...conditions.map((condition) => `  ${condition}`))
  const decisions = explanation.decisions.slice(-DECISIONS_MAX)
  if (decisions.length > 0) lines.push('', 'Last decisions:', ...decisions.map((decision) => `  ${decision}`))
  return lines.join('\n')
}

function metricLines({ metric, target, current, formula, tolerance, podCount, error }: MetricExplanation): string[] {
  if (error !== undefined) return [metric, `  target   ${target}`, `  unknown  ${error}`, '']
  const within = tolerance === undefined ? '' : `, ratios from ${tolerance.from} to ${tolerance.to} change nothing`
  return [
    metric,
    `  current  ${current}, target ${target}`,
    `  ratio    over ${podCount} pods that count${within}`,
    `  wish     ${formula}`,
    '',
  ]
}
