/** The scheduler could not decide, or not carry out what it decided: neither the pod's fault nor that of any node. */
export class SchedulingFailure extends Error {
  override readonly name = 'SchedulingFailure'
}
