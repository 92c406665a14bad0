import type { Oracle } from './oracle.ts'

/** An adapter is imported when its file is run, so that a broken one fails alone. */
export type OracleImport = () => Promise<{ readonly oracle: Oracle }>

/** Which adapter judges which file: name of the oracle folder, then name of the file without `.json`, or of the folder of an `index.json`. */
export const ORACLES: Readonly<Record<string, Readonly<Record<string, OracleImport>>>> = {
  alertmanager: {
    config: () => import('./alertmanager/config.ts'),
    'default-templates': () => import('./alertmanager/default-templates.ts'),
    inhibit: () => import('./alertmanager/inhibit.ts'),
    logic: () => import('./alertmanager/logic.ts'),
    matchers: () => import('./alertmanager/matchers.ts'),
    routes: () => import('./alertmanager/routes.ts'),
    scenarios: () => import('./alertmanager/scenarios.ts'),
    templates: () => import('./alertmanager/templates.ts'),
    timeintervals: () => import('./alertmanager/timeintervals.ts'),
  },
  istio: {
    authn: () => import('./istio/authn.ts'),
    'authn-behaviour': () => import('./istio/authn-behaviour.ts'),
    'authz/behaviour': () => import('./istio/authz-behaviour.ts'),
    'authz/builder': () => import('./istio/authz-builder.ts'),
    'crd-validation': () => import('./istio/crd-validation.ts'),
    delegate: () => import('./istio/delegate.ts'),
    hosts: () => import('./istio/hosts.ts'),
    'locality-lb': () => import('./istio/locality-lb.ts'),
    'mtls-reachability': () => import('./istio/mtls-reachability.ts'),
    'path-normalization': () => import('./istio/path-normalization.ts'),
    retry: () => import('./istio/retry.ts'),
    routing: () => import('./istio/routing.ts'),
    'simulation/gateway': () => import('./istio/simulation.ts'),
    'simulation/peer_authentication': () => import('./istio/simulation.ts'),
    'simulation/serviceentry': () => import('./istio/simulation.ts'),
    'simulation/sidecar': () => import('./istio/simulation.ts'),
    validation: () => import('./istio/validation.ts'),
  },
  kubernetes: {
    crd: () => import('./kubernetes/crd.ts'),
    'crd-cel': () => import('./kubernetes/crd-cel.ts'),
    'crd-validation': () => import('./kubernetes/crd-validation.ts'),
    hpa: () => import('./kubernetes/hpa.ts'),
    'json-merge-patch': () => import('./kubernetes/json-merge-patch.ts'),
    'selectors-quantities': () => import('./kubernetes/selectors-quantities.ts'),
    'server-side-apply': () => import('./kubernetes/server-side-apply.ts'),
    'strategic-merge-patch': () => import('./kubernetes/strategic-merge-patch.ts'),
    'typed-values': () => import('./kubernetes/typed-values.ts'),
  },
  prometheus: {
    'compliance-queries': () => import('./prometheus/compliance-queries.ts'),
    'kube-prometheus-queries': () => import('./prometheus/kube-prometheus-queries.ts'),
    parser: () => import('./prometheus/parser.ts'),
    regexp: () => import('./prometheus/regexp.ts'),
    rulefmt: () => import('./prometheus/rulefmt.ts'),
    'alerting-state': () => import('./prometheus/alerting-state.ts'),
    ruletests: () => import('./prometheus/ruletests.ts'),
    templates: () => import('./prometheus/templates.ts'),
    config: () => import('./prometheus/config.ts'),
    'kubernetes-sd': () => import('./prometheus/kubernetes-sd.ts'),
    relabel: () => import('./prometheus/relabel.ts'),
    textparse: () => import('./prometheus/textparse.ts'),
  },
}
