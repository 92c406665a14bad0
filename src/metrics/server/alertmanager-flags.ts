import type { ProgramFlags } from './program-flags.ts'

const UNUSED = 'Accepted, not used'

/** The flags of Alertmanager (prometheus/alertmanager cmd/alertmanager/main.go). There is one of it: it joins no cluster. */
export const ALERTMANAGER_FLAGS = {
  'config.file': { description: 'Alertmanager configuration file', placeholder: 'PATH', default: 'alertmanager.yml' },
  'storage.path': {
    description: 'Where silences and what was told are kept',
    placeholder: 'PATH',
    default: 'data/',
  },
  'data.retention': { description: 'How long they are kept', placeholder: 'DURATION', default: '120h' },
  'data.maintenance-interval': { description: UNUSED, placeholder: 'DURATION', default: '15m' },
  'alerts.gc-interval': { description: UNUSED, placeholder: 'DURATION', default: '30m' },
  'alerts.per-alertname-limit': { description: UNUSED, placeholder: 'N', default: '0' },
  'silences.max-silences': { description: UNUSED, placeholder: 'N', default: '0' },
  'silences.max-silence-size-bytes': { description: UNUSED, placeholder: 'N', default: '0' },
  'dispatch.maintenance-interval': { description: UNUSED, placeholder: 'DURATION', default: '30s' },
  'dispatch.start-delay': {
    description: 'For how long after the start nothing is told',
    placeholder: 'DURATION',
    default: '0s',
  },
  'web.listen-address': {
    description: 'Where to listen: loopback only, whatever the host part says',
    placeholder: 'ADDRESS',
    default: ':9093',
  },
  'web.external-url': { description: 'Under which URL it is seen from outside', placeholder: 'URL' },
  'web.route-prefix': { description: 'Prefix of all its paths', placeholder: 'PATH' },
  'web.config.file': { description: 'TLS and authentication; accepted, not used', placeholder: 'PATH' },
  'web.get-concurrency': { description: UNUSED, placeholder: 'N', default: '0' },
  'web.timeout': { description: UNUSED, placeholder: 'DURATION', default: '0s' },
  'cluster.listen-address': { description: UNUSED, placeholder: 'ADDRESS', default: '0.0.0.0:9094' },
  'cluster.advertise-address': { description: UNUSED, placeholder: 'ADDRESS' },
  'cluster.peer-name': { description: UNUSED, placeholder: 'NAME' },
  'cluster.peer': { description: UNUSED, placeholder: 'ADDRESS', repeated: true },
  'cluster.peer-timeout': { description: UNUSED, placeholder: 'DURATION', default: '15s' },
  'cluster.peers-resolve-timeout': { description: UNUSED, placeholder: 'DURATION', default: '15s' },
  'cluster.gossip-interval': { description: UNUSED, placeholder: 'DURATION', default: '200ms' },
  'cluster.pushpull-interval': { description: UNUSED, placeholder: 'DURATION', default: '1m0s' },
  'cluster.tcp-timeout': { description: UNUSED, placeholder: 'DURATION', default: '10s' },
  'cluster.probe-timeout': { description: UNUSED, placeholder: 'DURATION', default: '500ms' },
  'cluster.probe-interval': { description: UNUSED, placeholder: 'DURATION', default: '1s' },
  'cluster.settle-timeout': { description: UNUSED, placeholder: 'DURATION', default: '1m0s' },
  'cluster.reconnect-interval': { description: UNUSED, placeholder: 'DURATION', default: '10s' },
  'cluster.reconnect-timeout': { description: UNUSED, placeholder: 'DURATION', default: '6h0m0s' },
  'cluster.tls-config': { description: UNUSED, placeholder: 'PATH' },
  'cluster.label': { description: UNUSED, placeholder: 'TEXT' },
  'enable-feature': {
    description: 'Features that are off otherwise, with commas between them: classic-mode, utf8-strict-mode',
    placeholder: 'NAMES',
  },
  'log.level': { description: 'debug, info, warn or error', placeholder: 'LEVEL', default: 'info' },
  'log.format': { description: 'logfmt or json', placeholder: 'FORMAT', default: 'logfmt' },
} as const satisfies ProgramFlags
