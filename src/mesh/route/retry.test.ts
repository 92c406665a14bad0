import { expect, test } from 'vitest'
import { inboundRetry, OUTBOUND_RETRY, outboundRetry } from './retry.ts'

test('a route that says nothing is tried twice more, on hosts not tried before', () => {
  expect(outboundRetry(undefined)).toBe(OUTBOUND_RETRY)
  expect(outboundRetry(undefined, { consistentHash: true })?.avoidPreviousHosts).toBe(false)
})

test('no attempts means no retries', () => {
  expect(outboundRetry({ attempts: 0, retryOn: '5xx' })).toBeUndefined()
  expect(inboundRetry({ attempts: 0 })).toBeUndefined()
})

test('a number among the conditions is a status, and brings the condition that reads it', () => {
  expect(outboundRetry({ attempts: 3, retryOn: 'reset, 503,429, 999' })).toMatchObject({
    attempts: 3,
    retryOn: ['reset', '999', 'retriable-status-codes'],
    statusCodes: [503, 429],
  })
})

test('an inbound retry takes only what means something with one host', () => {
  const retry = inboundRetry({ attempts: 1, perTryTimeout: '1s', retryIgnorePreviousHosts: true, backoff: '5ms' })
  expect(retry).toMatchObject({
    attempts: 1,
    retryOn: ['reset-before-request'],
    avoidPreviousHosts: false,
    backoff: '5ms',
  })
  expect(retry).not.toHaveProperty('perTryTimeout')
})
