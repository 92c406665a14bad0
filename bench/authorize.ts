/**
 * What it costs to decide whether a request is allowed: by one policy, and by a thousand for one workload; what compiling a
 * thousand takes; and what a token adds that was seen before. The best of several rounds counts.
 */
import { authorize, authorizerOf } from '../src/mesh/authorize/authorizer.ts'
import { guardOf } from '../src/mesh/authorize/guard.ts'
import { UNOBTAINABLE_KEYS } from '../src/mesh/authorize/jwt/key-set.ts'
import { DEFAULT_MESH } from '../src/mesh/config/mesh-config.ts'
import type { AuthorizationPolicy } from '../src/mesh/config/types/authorization-policy.ts'
import type { RequestAuthentication } from '../src/mesh/config/types/request-authentication.ts'
import { compile } from '../src/mesh/snapshot.ts'
import { tokenIssuer } from '../test/support/signed-tokens.ts'

const MANY = 1_000
const ROUNDS = 7

const GATE_ONE_NS = 1_000
const GATE_MANY_NS = 10_000
const GATE_COMPILE_MS = 100
const GATE_TOKEN_NS = 10_000

const workload = { namespace: 'shop', labels: { app: 'cart' } }
const NOW_MS = Date.UTC(2026, 0, 1)
const request = { method: 'GET', scheme: 'http', authority: 'cart.shop', path: '/tea/green', headers: {} }

process.exitCode = main()

function main(): number {
  const one = decideNs([policyOf(0)])
  const many = decideNs(Array.from({ length: MANY }, (_, index) => policyOf(index)))
  const patterns = decideNs(Array.from({ length: MANY }, (_, index) => patternPolicyOf(index)))
  const compileMs = bestOf(() => compileAllMs())
  const token = tokenNs()
  console.log(
    `authorize: ${shown(one)} a request by one policy (gate ${shown(GATE_ONE_NS)}), ${shown(many)} by ${MANY} for one workload (gate ${shown(GATE_MANY_NS)}), ${shown(patterns)} where all of them have to be asked`,
  )
  console.log(
    `authorize: ${MANY} policies compiled in ${compileMs.toFixed(1)} ms (gate ${GATE_COMPILE_MS} ms); a token that was seen before costs ${shown(token)} (gate ${shown(GATE_TOKEN_NS)})`,
  )
  const isMet = one <= GATE_ONE_NS && many <= GATE_MANY_NS && compileMs <= GATE_COMPILE_MS && token <= GATE_TOKEN_NS
  return isMet ? 0 : 1
}

function policyOf(index: number): AuthorizationPolicy {
  const source = { principals: [callerOf(index)] }
  return policy(index, { from: [{ source }], to: [{ operation: { methods: ['GET', 'HEAD'], paths: ['/tea/*'] } }] })
}

/** Nothing in it can be looked up. */
function patternPolicyOf(index: number): AuthorizationPolicy {
  const source = { principals: [`*/sa/web-${index}`] }
  return policy(index, { from: [{ source }], to: [{ operation: { methods: ['GET'], paths: ['/tea/*'] } }] })
}

function policy(index: number, rule: object): AuthorizationPolicy {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: `policy-${String(index).padStart(4, '0')}`, namespace: 'shop' },
    spec: { rules: [rule] },
  }
}

function callerOf(index: number): string {
  return `cluster.local/ns/shop/sa/web-${index}`
}

function connectionOf(index: number) {
  return {
    principal: callerOf(index),
    sourceAddress: '10.0.0.1',
    destinationAddress: '10.0.0.2',
    destinationPort: 8080,
  }
}

/** Callers by turns, so that not always the same rule decides. */
function decideNs(policies: readonly AuthorizationPolicy[]): number {
  const authorizer = authorizerOf(compile(policies, DEFAULT_MESH), { ...workload })
  const connections = policies.map((_, index) => connectionOf(index))
  const calls = Math.ceil(200_000 / Math.sqrt(policies.length))
  return bestOf(() =>
    nsOf(calls, (index) => {
      const connection = connections[index % connections.length]
      if (connection === undefined || !authorize(authorizer, connection, request).allowed) throw new Error('refused')
    }),
  )
}

function compileAllMs(): number {
  const policies = Array.from({ length: MANY }, (_, index) => policyOf(index))
  return nsOf(1, () => authorizerOf(compile(policies, DEFAULT_MESH), { ...workload }).http) / 1e6
}

function tokenNs(): number {
  const issuer = tokenIssuer('RS256')
  const jwks = JSON.stringify({ keys: [issuer.jwk] })
  const rules: RequestAuthentication = {
    apiVersion: 'security.istio.io/v1',
    kind: 'RequestAuthentication',
    metadata: { name: 'tokens', namespace: 'shop' },
    spec: { jwtRules: [{ issuer: 'tea', jwks }] },
  }
  const options = { keys: { keysOf: () => UNOBTAINABLE_KEYS } }
  const guard = guardOf(options)(compile([rules], DEFAULT_MESH), { ...workload })
  const token = issuer.token({ iss: 'tea', sub: 'ann', aud: ['shop'], groups: ['a', 'b'], scope: 'read write' })
  const sent = { ...request, headers: { authorization: `Bearer ${token}`, accept: '*/*' } }
  const connection = connectionOf(0)
  return bestOf(() =>
    nsOf(20_000, () => {
      if (guard?.request(connection, sent, NOW_MS).allowed !== true) throw new Error('refused')
    }),
  )
}

/** Of this process's own time: what else the machine does is not counted. */
function nsOf(calls: number, call: (index: number) => unknown): number {
  const began = process.cpuUsage()
  for (let index = 0; index < calls; index++) call(index)
  const { user, system } = process.cpuUsage(began)
  return ((user + system) * 1_000) / calls
}

function bestOf(measure: () => number): number {
  return Math.min(...Array.from({ length: ROUNDS }, measure))
}

function shown(ns: number): string {
  return ns < 1_000 ? `${ns.toFixed(0)} ns` : `${(ns / 1_000).toFixed(1)} µs`
}
