/** By the names that Telemetry has for them. istio/istio pilot/pkg/model/telemetry.go `metricToPrometheusMetric`. */
export const METRICS = {
  REQUEST_COUNT: { name: 'istio_requests_total', type: 'counter', help: 'Requests.' },
  REQUEST_DURATION: {
    name: 'istio_request_duration_milliseconds',
    type: 'histogram',
    help: 'How long requests took, in milliseconds.',
  },
  REQUEST_SIZE: { name: 'istio_request_bytes', type: 'histogram', help: 'Sizes of requests in bytes.' },
  RESPONSE_SIZE: { name: 'istio_response_bytes', type: 'histogram', help: 'Sizes of responses in bytes.' },
  GRPC_REQUEST_MESSAGES: {
    name: 'istio_request_messages_total',
    type: 'counter',
    help: 'Messages of gRPC from clients.',
  },
  GRPC_RESPONSE_MESSAGES: {
    name: 'istio_response_messages_total',
    type: 'counter',
    help: 'Messages of gRPC from servers.',
  },
  TCP_OPENED_CONNECTIONS: {
    name: 'istio_tcp_connections_opened_total',
    type: 'counter',
    help: 'Connections that were opened.',
  },
  TCP_CLOSED_CONNECTIONS: {
    name: 'istio_tcp_connections_closed_total',
    type: 'counter',
    help: 'Connections that were closed.',
  },
  TCP_SENT_BYTES: { name: 'istio_tcp_sent_bytes_total', type: 'counter', help: 'Bytes to clients.' },
  TCP_RECEIVED_BYTES: { name: 'istio_tcp_received_bytes_total', type: 'counter', help: 'Bytes from clients.' },
} as const

export type MetricKey = keyof typeof METRICS

export const METRIC_KEYS = Object.keys(METRICS) as readonly MetricKey[]
