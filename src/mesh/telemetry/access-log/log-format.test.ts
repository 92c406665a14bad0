import { describe, expect, test } from 'vitest'
import { connectionRecord, exchangeRecord } from '../../../../test/support/mesh-records.ts'
import { DEFAULT_JSON_FORMAT, DEFAULT_TEXT_FORMAT, jsonFormat, LogFormatError, textFormat } from './log-format.ts'

const ID = '9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d'

describe('Istio’s own format', () => {
  test('of a request', () => {
    expect(textFormat(DEFAULT_TEXT_FORMAT)(exchangeRecord())).toBe(
      '[2026-01-05T10:00:00.123Z] "GET /items?n=1 HTTP/1.1" 200 - via_upstream - "-" 0 512 12 11 "203.0.113.9" ' +
        `"curl/8.0" "${ID}" "cart" "10.0.0.2:8080" outbound|80||cart.shop.svc.cluster.local - 10.96.0.7:80 ` +
        '10.0.0.1:40000 - default\n',
    )
  })

  test('of a request that got nowhere', () => {
    const record = exchangeRecord({
      status: 503,
      flags: ['URX', 'UF'],
      details:
        'upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}',
      transportFailure: 'delayed_connect_error:_Connection_refused',
      responseHeaders: [],
      upstreamServiceMs: undefined,
    })
    expect(textFormat(DEFAULT_TEXT_FORMAT)(record)).toContain(
      '" 503 URX,UF upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused} - ' +
        '"delayed_connect_error:_Connection_refused" 0 512 12 - ',
    )
  })

  test('of a connection', () => {
    expect(textFormat(DEFAULT_TEXT_FORMAT)(connectionRecord())).toBe(
      '[2026-01-05T10:00:00.123Z] "- - -" 0 - - - "-" 100 2000 12 - "-" "-" "-" "-" "10.0.0.2:8080" ' +
        'outbound|80||cart.shop.svc.cluster.local - 10.96.0.7:80 10.0.0.1:40000 - default\n',
    )
  })

  test('as JSON has numbers as numbers, and null for what is missing', () => {
    const line = jsonFormat(DEFAULT_JSON_FORMAT)(exchangeRecord())
    expect(JSON.parse(line)).toMatchObject({
      response_code: 200,
      duration: 12,
      upstream_service_time: '11',
      response_flags: null,
      path: '/items?n=1',
    })
    expect(line).toMatch(/^{"authority":"cart","bytes_received":0,.*}\n$/)
  })
})

describe('a command', () => {
  test.each([
    ['%REQ(X-NONE?USER-AGENT)%', 'curl/8.0'],
    ['%REQ(USER-AGENT):4%', 'curl'],
    ['%REQ(x-none)%', '-'],
    ['%REQ(:AUTHORITY)%%%', 'cart%'],
    ['%REQ_WITHOUT_QUERY(:PATH)%', '/items'],
    ['%RESP(X-Envoy-Upstream-Service-Time)%', '11'],
    ['%START_TIME(%Y/%m/%dT%H:%M:%S%z %s.%3f)%', '2026/01/05T10:00:00+0000 1767607200.123'],
    ['%START_TIME(%b %e %j %E3S %9f)%', 'Jan  5 005 00.123 123000000'],
    ['%RESPONSE_FLAGS_LONG%', '-'],
    ['%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT%', '10.0.0.1 40000'],
    ['%DOWNSTREAM_PEER_URI_SAN%', 'spiffe://cluster.local/ns/shop/sa/web'],
    ['%UPSTREAM_REQUEST_ATTEMPT_COUNT%', '1'],
    ['%GRPC_STATUS%', '-'],
    ['%CEL(request.headers["user-agent"] + "!")%', 'curl/8.0!'],
    ['%DYNAMIC_METADATA(a:b)%', '-'],
  ])('%s is %s', (format, expected) => {
    expect(textFormat(format)(exchangeRecord())).toBe(expected)
  })

  test('of gRPC has three forms', () => {
    const record = exchangeRecord({ grpcStatus: 7 })
    const format = '%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(NUMBER)% %GRPC_STATUS_NUMBER%'
    expect(textFormat(format)(record)).toBe('PermissionDenied PERMISSION_DENIED 7 7')
  })

  test('that there is not, or that does not end, is refused', () => {
    expect(() => textFormat('%NONE%')).toThrow(LogFormatError)
    expect(() => textFormat('100% of %DURATION%')).toThrow('a percent sign stands alone')
  })
})

test('what is missing can be left out', () => {
  const options = { omitEmptyValues: true }
  expect(textFormat('a%GRPC_STATUS%b', options)(exchangeRecord())).toBe('ab')
  const fields = {
    status: '%RESPONSE_CODE%',
    grpc: '%GRPC_STATUS%',
    in: { grpc: '%GRPC_STATUS%' },
    both: 'x %DURATION%',
  }
  expect(jsonFormat(fields, options)(exchangeRecord())).toBe('{"both":"x 12","status":200}\n')
  expect(jsonFormat(fields)(exchangeRecord())).toBe('{"both":"x 12","grpc":null,"in":{"grpc":null},"status":200}\n')
})
