import type { Explanation, NodeExplanation, ScoreExplanation } from './explain.ts'

/** More nodes than this are counted instead of listed, unless all are asked for. */
const NODES_SHOWN_MAX = 20

/**
 * An explanation for a terminal:
 *
 *   default/web: any of n1, n2
 *
 *   NODE  TOTAL  WHY
 *   n1      548  NodeResourcesFit 97×1, TaintToleration 100×3, …
 *   n3        -  NodeResourcesFit: Insufficient cpu
 */
export function explainText(explanation: Explanation, options: { readonly all?: boolean } = {}): string {
  const { namespace, name, nodes } = explanation
  const lines = [`${namespace}/${name}: ${verdict(explanation)}`]
  if (nodes.length === 0) return `${lines.join('\n')}\n`
  const ordered = nodes.toSorted(byMerit)
  const shown = options.all === true ? ordered : ordered.slice(0, NODES_SHOWN_MAX)
  lines.push('', ...table(shown))
  if (shown.length < nodes.length) lines.push('', `… and ${nodes.length - shown.length} more nodes`)
  return `${lines.join('\n')}\n`
}

function verdict({ best, message, schedulerName }: Explanation): string {
  if (best.length === 0) return message ?? `${schedulerName} finds no node`
  const [only] = best
  if (best.length === 1) return `${schedulerName} chooses ${only ?? ''}`
  const named = best.slice(0, NODES_SHOWN_MAX).join(', ')
  const more = best.length > NODES_SHOWN_MAX ? ` and ${best.length - NODES_SHOWN_MAX} more` : ''
  return `${schedulerName} chooses one of ${best.length} equals by the dice: ${named}${more}`
}

/** Nodes that would do first, the best on top. */
function byMerit(a: NodeExplanation, b: NodeExplanation): number {
  const [aDoes, bDoes] = [a.refusals.length === 0, b.refusals.length === 0]
  if (aDoes !== bDoes) return aDoes ? -1 : 1
  return b.total - a.total || (a.node < b.node ? -1 : 1)
}

function table(nodes: readonly NodeExplanation[]): string[] {
  const rows = [
    ['NODE', 'TOTAL', 'WHY'],
    ...nodes.map((node) => [node.node, node.refusals.length === 0 ? String(node.total) : '-', why(node)]),
  ]
  const nodeWidth = Math.max(...rows.map(([node = '']) => node.length))
  const totalWidth = Math.max(...rows.map(([, total = '']) => total.length))
  return rows.map(([node = '', total = '', reason = '']) =>
    `${node.padEnd(nodeWidth)}  ${total.padStart(totalWidth)}  ${reason}`.trimEnd(),
  )
}

function why({ refusals, scores }: NodeExplanation): string {
  if (refusals.length === 0) return scores.map(scoreText).join(', ')
  return refusals
    .map(({ plugin, reasons }) => (plugin === '' ? reasons.join(', ') : `${plugin}: ${reasons.join(', ')}`))
    .join('; ')
}

function scoreText({ plugin, raw, normalized, weight }: ScoreExplanation): string {
  const from = raw === normalized ? '' : ` (from ${raw})`
  return `${plugin} ${normalized}×${weight}${from}`
}
