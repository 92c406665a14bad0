import { describe, expect, test } from 'vitest'
import { compileLine, type LineContext } from './log-line.ts'

const context: LineContext = {
  podName: 'cart-0',
  podNamespace: 'bazaar',
  podUid: 'u-1',
  podIp: '10.0.0.7',
  nodeName: 'node-2',
  containerName: 'cart',
  image: 'bazaar/cart:v1',
  restartCount: 3,
  time: '2026-10-20T18:30:00.000Z',
  count: 12,
  exitCode: 137,
  env: { REGION: 'mumbai' },
  draw: () => 0.5,
}

describe('a log line', () => {
  test.each([
    ['plain, with { braces } and $ signs', 'plain, with { braces } and $ signs'],
    ['$(time) $(pod.namespace)/$(pod.name) on $(node.name)', '2026-10-20T18:30:00.000Z bazaar/cart-0 on node-2'],
    ['{"n":$(count),"restarts":$(restartCount)}', '{"n":12,"restarts":3}'],
    ['$(container.name) $(container.image) $(pod.ip) $(pod.uid)', 'cart bazaar/cart:v1 10.0.0.7 u-1'],
    ['exit $(exitCode)', 'exit 137'],
    ['$(env:REGION) $(env:ZONE)', 'mumbai $(env:ZONE)'],
    ['$(number:10-20)', '15'],
    ['$(pick:upi,card,cod)', 'card'],
    ['$(hex:4)', '8888'],
    [
      '$$(pod.name) $(nothing) $(constructor) $(number:20-10) $(hex:0) $()',
      '$(pod.name) $(nothing) $(constructor) $(number:20-10) $(hex:0) $()',
    ],
    ['$(pod.name', '$(pod.name'],
  ])('%s', (template, line) => {
    expect(compileLine(template)(context)).toBe(line)
  })

  test('a range includes both of its bounds', () => {
    const write = compileLine('$(number:1-3)')
    expect(write({ ...context, draw: () => 0 })).toBe('1')
    expect(write({ ...context, draw: () => 0.999_999 })).toBe('3')
  })
})
