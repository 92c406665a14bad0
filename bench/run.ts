/** Runs every bench, one after another and each in a process of its own, and prints what they found. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const BENCHES = [
  'scale',
  'scheduler',
  'startup',
  'test-cluster',
  'store',
  'tsdb',
  'scrape',
  'metrics-day',
  'metrics-peer',
  'authorize',
  'exchange',
  'mesh-compile',
  'proxy',
  'proxy-mtls',
] as const

interface Result {
  readonly name: string
  readonly passed: boolean
  readonly seconds: number
  readonly findings: readonly string[]
}

process.exitCode = await main()

async function main(): Promise<number> {
  const results: Result[] = []
  for (const name of BENCHES) {
    console.log(`running ${name} …`)
    results.push(await run(name))
  }
  const width = Math.max(...BENCHES.map((name) => name.length))
  console.log(`\n${'bench'.padEnd(width)}  gate    took  finding`)
  for (const { name, passed, seconds, findings } of results) {
    const [first = 'nothing was printed', ...rest] = findings
    console.log(`${name.padEnd(width)}  ${passed ? 'met   ' : 'MISSED'}  ${seconds.toFixed(0).padStart(3)} s  ${first}`)
    for (const finding of rest) console.log(`${' '.repeat(width + 17)}${finding}`)
  }
  return results.every(({ passed }) => passed) ? 0 : 1
}

async function run(name: string): Promise<Result> {
  const began = performance.now()
  const path = fileURLToPath(new URL(`${name}.ts`, import.meta.url))
  const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const findings = output.split('\n').filter((line) => line.trim() !== '')
  return { name, passed: code === 0, seconds: (performance.now() - began) / 1_000, findings }
}
