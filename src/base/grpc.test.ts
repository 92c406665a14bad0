import { expect, test } from 'vitest'
import { GRPC_STATUSES, grpcFrame, grpcMessage, isGrpc } from './grpc.ts'

test('statuses have their numbers', () => {
  expect([GRPC_STATUSES.indexOf('OK'), GRPC_STATUSES.indexOf('UNAVAILABLE')]).toEqual([0, 14])
})

test.each([
  ['application/grpc', true],
  ['application/grpc+proto', true],
  ['application/grpc;charset=utf-8', true],
  ['application/grpc-web', false],
  ['application/json', false],
  [undefined, false],
])('%s: %s', (contentType, expected) => {
  expect(isGrpc(contentType)).toBe(expected)
})

test('messages keep to what a header may hold', () => {
  expect(grpcMessage('50 % off चाय')).toBe('50 %25 off %E0%A4%9A%E0%A4%BE%E0%A4%AF')
})

test('a frame is five bytes longer than its message', () => {
  expect([...grpcFrame(Uint8Array.of(8, 1))]).toEqual([0, 0, 0, 0, 2, 8, 1])
})
