import { type ExpositionPage, writeExposition } from '../../exposition/negotiate.ts'
import { cadvisorFamilies, kubeletFamilies, resourceFamilies } from './node-families.ts'
import type { NodeReading } from './node-reading.ts'

/** What a kubelet answers at one of its paths for metrics. */
export function printNode(path: string, reading: NodeReading, accept: string | undefined): ExpositionPage {
  if (path === '/metrics/cadvisor') return writeExposition(cadvisorFamilies(reading), accept)
  if (path === '/metrics/resource') return writeExposition(resourceFamilies(reading), accept)
  return writeExposition(kubeletFamilies(reading), accept)
}
