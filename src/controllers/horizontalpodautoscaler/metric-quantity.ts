import { printQuantity, quantityOf, quantityOfMilli } from '../../api/quantity.ts'

/** A measured value as a status shows it: memory in bytes, all else in thousandths where it has a fraction. */
export function printMetricValue(resource: string, milli: bigint): string {
  if (resource === 'memory' && milli % 1_000n === 0n) return printQuantity(quantityOf(milli / 1_000n, 'BinarySI'))
  return printQuantity(quantityOfMilli(milli))
}
