import type { ProgramFlags } from './program-flags.ts'

/** The flags of Prometheus that mean something here (prometheus/prometheus cmd/prometheus/main.go). */
export const PROMETHEUS_FLAGS = {
  'config.file': {
    description: 'Prometheus configuration file',
    placeholder: 'PATH',
    default: 'prometheus.yml',
  },
  'config.auto-reload-interval': {
    description: 'How often the configuration is looked at for changes, with the feature auto-reload-config',
    placeholder: 'DURATION',
    default: '30s',
  },
  'web.listen-address': {
    description: 'Where to listen: loopback only, whatever the host part says',
    placeholder: 'ADDRESS',
    default: '0.0.0.0:9090',
  },
  'web.external-url': { description: 'Under which URL it is seen from outside', placeholder: 'URL' },
  'web.route-prefix': { description: 'Prefix of all its paths', placeholder: 'PATH' },
  'web.config.file': { description: 'TLS and authentication; accepted, not used', placeholder: 'PATH' },
  'web.read-timeout': { description: 'Accepted, not used', placeholder: 'DURATION', default: '5m' },
  'web.max-connections': { description: 'Accepted, not used', placeholder: 'N', default: '512' },
  'web.page-title': {
    description: 'Title of its page',
    placeholder: 'TEXT',
    default: 'Prometheus Time Series Collection and Processing Server',
  },
  'web.cors.origin': { description: 'Accepted, not used', placeholder: 'REGEX', default: '.*' },
  'web.user-assets': { description: 'Accepted, not used', placeholder: 'PATH' },
  'web.console.templates': { description: 'Accepted, not used', placeholder: 'PATH', default: 'consoles' },
  'web.console.libraries': { description: 'Accepted, not used', placeholder: 'PATH', default: 'console_libraries' },
  'web.enable-lifecycle': { description: 'Let HTTP requests reload and end it' },
  'web.enable-admin-api': { description: 'Let HTTP requests delete series and take snapshots' },
  'web.enable-remote-write-receiver': { description: 'Take samples by remote write' },
  'web.enable-otlp-receiver': { description: 'Take metrics by OTLP' },
  'storage.tsdb.path': { description: 'Where the series are kept', placeholder: 'PATH', default: 'data/' },
  'storage.tsdb.retention.time': {
    description: 'How long samples are kept; 15d unless told otherwise',
    placeholder: 'DURATION',
  },
  'storage.tsdb.retention.size': { description: 'How much they may take up: 512MB', placeholder: 'SIZE' },
  'storage.tsdb.min-block-duration': {
    description: 'Span of the first blocks',
    placeholder: 'DURATION',
    default: '2h',
  },
  'storage.tsdb.max-block-duration': { description: 'Span of the largest blocks', placeholder: 'DURATION' },
  'storage.tsdb.wal-compression': { description: 'Compress the write-ahead log' },
  'storage.tsdb.wal-segment-size': { description: 'Size of its segments', placeholder: 'SIZE' },
  'storage.tsdb.no-lockfile': { description: 'Do not lock the directory' },
  'storage.remote.flush-deadline': {
    description: 'How long to wait for samples to be sent at the end',
    placeholder: 'DURATION',
    default: '1m',
  },
  'storage.remote.read-sample-limit': {
    description: 'Most samples of one remote read',
    placeholder: 'N',
    default: '50000000',
  },
  'storage.remote.read-concurrent-limit': {
    description: 'Most remote reads at a time',
    placeholder: 'N',
    default: '10',
  },
  'rules.alert.for-outage-tolerance': {
    description: 'How long an outage may be for alerts to be taken up again',
    placeholder: 'DURATION',
    default: '1h',
  },
  'rules.alert.for-grace-period': {
    description: 'How long alerts wait at least after an outage',
    placeholder: 'DURATION',
    default: '10m',
  },
  'rules.alert.resend-delay': {
    description: 'How long before an alert is told again',
    placeholder: 'DURATION',
    default: '1m',
  },
  'rules.max-concurrent-evals': { description: 'Accepted, not used', placeholder: 'N', default: '4' },
  'alertmanager.notification-queue-capacity': { description: 'Accepted, not used', placeholder: 'N', default: '10000' },
  'query.lookback-delta': {
    description: 'How long a sample stands for its series',
    placeholder: 'DURATION',
    default: '5m',
  },
  'query.timeout': { description: 'How long a query may take', placeholder: 'DURATION', default: '2m' },
  'query.max-concurrency': { description: 'How many queries run at a time', placeholder: 'N', default: '20' },
  'query.max-samples': {
    description: 'How many samples a query may hold in memory',
    placeholder: 'N',
    default: '50000000',
  },
  'enable-feature': {
    description: 'Features that are off otherwise, with commas between them',
    placeholder: 'NAMES',
    repeated: true,
  },
  'log.level': { description: 'debug, info, warn or error', placeholder: 'LEVEL', default: 'info' },
  'log.format': { description: 'logfmt or json', placeholder: 'FORMAT', default: 'logfmt' },
} as const satisfies ProgramFlags
