import { expect, test } from 'vitest'
import { statsInclusion } from './stats-inclusion.ts'

const RETRY = 'cluster.outbound|80||cart.shop.svc.cluster.local.upstream_rq_retry'
const CONFIG = 'proxy.istio.io/config'

test.each([
  ['nothing by itself', undefined, {}, false],
  ['what begins so', { inclusionPrefixes: ['cluster.outbound'] }, {}, true],
  ['what ends so', { inclusionSuffixes: ['upstream_rq_retry'] }, {}, true],
  ['what is so as a whole', { inclusionRegexps: ['.*upstream_rq_retry'] }, {}, true],
  ['not what is so in a part', { inclusionRegexps: ['upstream_rq_retry'] }, {}, false],
  ['not by an expression that is none', { inclusionRegexps: ['('] }, {}, false],
  ['what the pod asks for', undefined, { [CONFIG]: 'proxyStatsMatcher:\n  inclusionPrefixes: ["cluster."]' }, true],
  [
    'what the pod asks for in place of the mesh',
    { inclusionPrefixes: ['cluster.'] },
    { [CONFIG]: '{ proxyStatsMatcher: { inclusionSuffixes: [cx_active] } }' },
    false,
  ],
  ['by the annotation of old', undefined, { 'sidecar.istio.io/statsInclusionPrefixes': 'http.,cluster.' }, true],
  ['not by a configuration that cannot be read', undefined, { [CONFIG]: '{' }, false],
])('a proxy shows %s', (_what, matcher, annotations, isShown) => {
  expect(statsInclusion(matcher, annotations)(RETRY)).toBe(isShown)
})
