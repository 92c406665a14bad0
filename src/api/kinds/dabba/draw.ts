/** Uniform in [0, 1). */
export type Draw = () => number
