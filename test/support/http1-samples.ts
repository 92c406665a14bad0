import { array, constantFrom, type Arbitrary, integer, oneof, record, string, tuple } from 'fast-check'

/*
 * Streams of bytes that are HTTP/1.1, nearly, or not at all: made of the pieces that requests are smuggled with.
 */
export function requestStream(): Arbitrary<Buffer> {
  return tuple(array(requestText(), { minLength: 1, maxLength: 3 }), mutations()).map(([texts, changes]) =>
    mutated(Buffer.from(texts.join(''), 'latin1'), changes),
  )
}

export function responseStream(): Arbitrary<Buffer> {
  return tuple(array(responseText(), { minLength: 1, maxLength: 2 }), mutations()).map(([texts, changes]) =>
    mutated(Buffer.from(texts.join(''), 'latin1'), changes),
  )
}

/** Mostly as it should be, so that what follows is looked at too. */
function mostly(usual: readonly string[], odd: readonly string[]): Arbitrary<string> {
  return oneof({ weight: 12, arbitrary: constantFrom(...usual) }, { weight: 1, arbitrary: constantFrom(...odd) })
}

const endOfLine = (): Arbitrary<string> => mostly(['\r\n'], ['\n', '\r', '\r\r\n', '\n\r', ' \r\n', ''])

function requestText(): Arbitrary<string> {
  return record({
    before: mostly([''], ['\r\n', '\r\n\r\n', '\n', ' ']),
    method: mostly(['GET', 'POST', 'HEAD', 'PUT', 'DELETE'], ['get', 'FOO', '', 'G ET', 'OPTIONS', 'CONNECT', 'PRI']),
    gap: mostly([' '], ['  ', '\t', '', ' \x0b']),
    target: mostly(
      ['/', '/cart?id=1', '/a%20b'],
      ['*', 'http://other/x', 'http://other', '//x', 'shop:80', '/#f', '/\xa0', '/a b', '', '/\x01'],
    ),
    version: mostly(
      [' HTTP/1.1'],
      [' HTTP/1.0', ' HTTP/0.9', '', ' HTTP/1.2', ' HTTP/2.0', ' http/1.1', ' HTTP/1.1 ', '  HTTP/1.1', ' HTTP/11'],
    ),
    host: mostly(
      ['Host: shop'],
      ['', 'host:shop', 'Host: a\r\nHost: b', 'Host:', 'Host: a b', 'Host : shop', ' Host: x'],
    ),
    headers: array(oneof(plainHeader(), framingHeader()), { maxLength: 4 }),
    end: endOfLine(),
    body: body(),
  }).map(({ before, method, gap, target, version, host, headers, end, body: bytes }) => {
    const lines = [...(host === '' ? [] : [host]), ...headers]
    return `${before}${method}${gap}${target}${version}\r\n${lines.map((line) => `${line}\r\n`).join('')}${end}${bytes}`
  })
}

function responseText(): Arbitrary<string> {
  return record({
    line: mostly(
      ['HTTP/1.1 200 OK', 'HTTP/1.1 404 Not Found'],
      ['HTTP/1.1 200', 'HTTP/1.1 200 ', 'HTTP/1.0 200 OK', 'HTTP/1.1 2000 OK', 'HTTP/1.1 204 No Content', 'ICY 200 OK'],
    ),
    headers: array(oneof(plainHeader(), framingHeader()), { maxLength: 4 }),
    end: endOfLine(),
    body: body(),
  }).map(
    ({ line, headers, end, body: bytes }) =>
      `${line}\r\n${headers.map((header) => `${header}\r\n`).join('')}${end}${bytes}`,
  )
}

function plainHeader(): Arbitrary<string> {
  return mostly(
    [
      'Accept: */*',
      'X-Empty:',
      'X-Spaces:  \t a b \t ',
      'Cookie: a=1; b=2',
      'Connection: close',
      'Connection: Keep-Alive, TE',
    ],
    [
      'X\x00: 1',
      'X: \x01',
      'X: a\x7f',
      ': nameless',
      'X y: 1',
      'X : 1',
      ' folded',
      '\tfolded',
      'nocolon',
      'X: \xe4',
      'X: a\rb',
      'X: a\nB: b',
    ],
  )
}

function framingHeader(): Arbitrary<string> {
  return mostly(
    ['Content-Length: 5', 'Transfer-Encoding: chunked', 'Content-Length: 0', 'transfer-encoding: Chunked'],
    [
      'Content-Length: +5',
      'Content-Length: 5, 5',
      'Content-Length: 0x5',
      'Content-Length: -1',
      'Content-Length:',
      'Content-Length : 5',
      'Content_Length: 5',
      'Content-Length: 99999999999999999999',
      'Content-Length: 5 5',
      'Transfer-Encoding: xchunked',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding:\x0bchunked',
      'Transfer-Encoding : chunked',
      'Transfer-Encoding: chunked\r\n , x',
      'Transfer-Encoding: "chunked"',
      'Transfer-Encoding:',
      'Transfer-Encoding: identity',
      'X: x\nTransfer-Encoding: chunked',
    ],
  )
}

function body(): Arbitrary<string> {
  return mostly(
    ['', '', 'hello', '5\r\nhello\r\n0\r\n\r\n', '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', '0\r\n\r\n'],
    [
      '5;a=b\r\nhello\r\n0\r\nX: t\r\n\r\n',
      '5;a="q\\"x";b\r\nhello\r\n000\r\n\r\n',
      '5 \r\nhello\r\n0\r\n\r\n',
      '5;\r\nhello\r\n0\r\n\r\n',
      '5;a=\r\nhello\r\n0\r\n\r\n',
      '5; a\r\nhello\r\n0\r\n\r\n',
      '0x5\r\nhello\r\n0\r\n\r\n',
      '5\nhello\r\n0\r\n\r\n',
      '5\r\nhello0\r\n\r\n',
      '5\r\nhello\n0\r\n\r\n',
      '5\r\nhello\r\n0\r\n',
      '5\r\nhello\r\n0\n\n',
      'fffffffffffffffff\r\nhello',
      '10000000000000005\r\nhello\r\n0\r\n\r\n',
      '-5\r\nhello\r\n0\r\n\r\n',
      '\r\n\r\n',
      ';a\r\n',
      '0\r\nContent-Length: 5\r\n\r\n',
      '0\r\nX : y\r\n\r\n',
      '0\r\n X: y\r\n\r\n',
      'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n',
    ],
  )
}

interface Mutation {
  readonly at: number
  readonly removes: number
  readonly text: string
}

function mutations(): Arbitrary<readonly Mutation[]> {
  const mutation = record({
    at: integer({ min: 0, max: 400 }),
    removes: integer({ min: 0, max: 2 }),
    text: oneof(
      constantFrom('', '\r', '\n', '\r\n', ' ', '\t', '\0', ':', '\x80', '\xff', ';', '0', '\x0b', '\x85'),
      string({ maxLength: 2 }),
    ),
  })
  return oneof({ weight: 2, arbitrary: constantFrom([]) }, { weight: 1, arbitrary: array(mutation, { maxLength: 2 }) })
}

function mutated(bytes: Buffer, changes: readonly Mutation[]): Buffer {
  let text = bytes.toString('latin1')
  for (const { at, removes, text: inserted } of changes) {
    const place = at % (text.length + 1)
    text = text.slice(0, place) + inserted + text.slice(place + removes)
  }
  return Buffer.from(text, 'latin1')
}
