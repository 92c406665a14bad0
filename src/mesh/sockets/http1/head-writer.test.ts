import { expect, test } from 'vitest'
import { requestHeadText, responseHeadText } from './head-writer.ts'

const head = {
  method: 'GET',
  scheme: 'http',
  authority: 'shop',
  target: '/',
  headers: ['x-city', 'मुंबई', 'x-end', 'ča\u010a'],
}

test('what is beyond Latin-1 goes out as UTF-8, and ends no line', () => {
  const text = requestHeadText(head, { hasBody: false })
  expect(Buffer.from(text, 'latin1').toString()).toBe(
    'GET / HTTP/1.1\r\nhost: shop\r\nx-city: मुंबई\r\nx-end: ča\u010a\r\n\r\n',
  )
  expect(text.split('\n')).toHaveLength(6)
})

test('a body without a length is chunked, and a request that might have one says that it has none', () => {
  expect(requestHeadText({ ...head, headers: [] }, { hasBody: true })).toContain('transfer-encoding: chunked\r\n')
  expect(requestHeadText({ ...head, headers: [] }, { hasBody: false })).toBe('GET / HTTP/1.1\r\nhost: shop\r\n\r\n')
  const post = requestHeadText({ ...head, method: 'POST', headers: [] }, { hasBody: false })
  expect(post).toBe('POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\n\r\n')
})

test('an answer says what becomes of the connection where that is not the usual', () => {
  const options = { connection: 'close', isChunked: true } as const
  expect(responseHeadText(299, ['x-a', '1'], options)).toBe(
    'HTTP/1.1 299 Unknown\r\nx-a: 1\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n',
  )
})
