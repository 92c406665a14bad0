import { HorizontalPodAutoscaler } from '../../api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import { Event } from '../../api/kinds/core/event.ts'
import { Pod } from '../../api/kinds/core/pod.ts'
import { UserError } from '../../base/user-error.ts'
import { ClientMetrics } from '../../controllers/horizontalpodautoscaler/client-metrics.ts'
import { explainAutoscaler } from '../../controllers/horizontalpodautoscaler/explain.ts'
import { autoscalerText } from '../../controllers/horizontalpodautoscaler/explain-text.ts'
import { ScaleTargets } from '../../controllers/horizontalpodautoscaler/scale-target.ts'
import { RealClock } from '../../world/real-clock.ts'
import { printStructured } from '../structured.ts'
import type { WhyCall } from './why-call.ts'

const EXIT_NOT_SCALED = 1

/** `dabba why hpa/NAME`: what its metrics are now, what the formula makes of them, and what was done of late. */
export async function whyAutoscaler(
  key: { namespace: string; name: string },
  { client, flags, out }: WhyCall,
): Promise<number> {
  const { namespace, name } = key
  const autoscaler = await client.get(HorizontalPodAutoscaler, key)
  if (autoscaler === undefined) {
    throw new UserError('DABBA_NOT_FOUND', {
      message: `There is no HorizontalPodAutoscaler "${name}" in namespace "${namespace}"`,
      hint: 'See `kubectl get hpa -A`, and name the namespace with -n',
    })
  }
  const scale = await new ScaleTargets(client).get(autoscaler.spec.scaleTargetRef, namespace)
  const fieldSelector = `involvedObject.kind=HorizontalPodAutoscaler,involvedObject.name=${name}`
  const { items: events } = await client.list(Event, { namespace, fieldSelector })
  const { items: pods } = await client.list(Pod, { namespace })
  const explanation = await explainAutoscaler(autoscaler, {
    scale,
    pods,
    events: events.toSorted((a, b) => Date.parse(a.lastTimestamp ?? '') - Date.parse(b.lastTimestamp ?? '')),
    source: new ClientMetrics(client),
    nowMs: new RealClock().now(),
  })
  if (flags.output !== undefined) out.line(printStructured(explanation, flags.output))
  else out.line(autoscalerText(explanation))
  return explanation.desiredReplicas === undefined ? EXIT_NOT_SCALED : 0
}
