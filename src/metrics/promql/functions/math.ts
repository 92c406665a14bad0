import { type Column, FLOAT, HISTOGRAM } from '../column.ts'
import type { Evaluation, StreamTarget } from '../evaluation.ts'
import { METADATA_LABELS } from '../labels-of-results.ts'
import type { Call } from '../syntax/ast.ts'
import { streamTransformed } from '../transform.ts'
import { argument } from './arguments.ts'

/** From one number to another. */
type FloatFunction = (value: number) => number

const FLOAT_FUNCTIONS: Readonly<Record<string, FloatFunction>> = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  deg: (value) => (value * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: (value) => (value * Math.PI) / 180,
  sgn: (value) => (value < 0 ? -1 : value > 0 ? 1 : value),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
}

/** Functions with numbers besides the vector, which may differ from step to step. */
const SCALED_FUNCTIONS: ReadonlySet<string> = new Set(['clamp', 'clamp_max', 'clamp_min', 'round'])

export function isMathFunction(name: string): boolean {
  return name in FLOAT_FUNCTIONS || SCALED_FUNCTIONS.has(name)
}

/** Functions of floats, number by number. Histograms have no result. */
export async function streamMath(evaluation: Evaluation, call: Call, target: StreamTarget): Promise<void> {
  const compute = FLOAT_FUNCTIONS[call.func]
  const change = compute === undefined ? await scaledChange(evaluation, call, target) : floatChange(compute)
  await streamTransformed(evaluation, argument(call, 0), { change, drops: METADATA_LABELS }, target)
}

function floatChange(compute: FloatFunction): (column: Column) => void {
  return (column) => {
    const { values, kinds } = column
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] === FLOAT) values[step] = compute(values[step] as number)
      else if (kinds[step] === HISTOGRAM) column.remove(step)
    }
  }
}

async function scaledChange(
  evaluation: Evaluation,
  call: Call,
  { grid }: StreamTarget,
): Promise<(column: Column) => void> {
  const numbers: Float64Array[] = []
  for (const expr of call.args.slice(1)) numbers.push(await evaluation.scalar(expr, grid))
  const compute = scaled(call.func, numbers)
  return (column) => {
    for (let step = 0; step < column.steps; step++) {
      const value = column.kinds[step] === FLOAT ? compute(column.values[step] as number, step) : undefined
      if (value === undefined) column.remove(step)
      else column.values[step] = value
    }
  }
}

function scaled(
  func: string,
  [first, second]: readonly Float64Array[],
): (value: number, step: number) => number | undefined {
  if (func === 'round') {
    return (value, step) => {
      // Divided by the inverse: fewer results are a digit off.
      const inverse = 1 / (first?.[step] ?? 1)
      return Math.floor(value * inverse + 0.5) / inverse
    }
  }
  return (value, step) => {
    const lowest = func === 'clamp_max' ? -Infinity : (first?.[step] ?? Number.NaN)
    const highest = func === 'clamp_min' ? Infinity : ((func === 'clamp' ? second : first)?.[step] ?? Number.NaN)
    return highest < lowest ? undefined : Math.max(lowest, Math.min(highest, value))
  }
}
