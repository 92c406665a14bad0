import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import {
  auditOf,
  authorize,
  type Authorizer,
  authorizerOf,
  dryRunOf,
  externalChecks,
} from '../../../src/mesh/authorize/authorizer.ts'
import type { RulePlace, Verdict } from '../../../src/mesh/authorize/verdict.ts'
import { DEFAULT_MESH } from '../../../src/mesh/config/mesh-config.ts'
import type { AuthorizationPolicy } from '../../../src/mesh/config/types/authorization-policy.ts'
import type { ExtensionProvider } from '../../../src/mesh/config/types/extension-provider.ts'
import { compile } from '../../../src/mesh/snapshot.ts'
import { SeededRandom } from '../../../src/world/random.ts'
import { expectSame, Mismatch, type Oracle, type OracleCase } from '../oracle.ts'
import { callsAbout } from './authz-calls.ts'
import { partsOf } from './authz-parts.ts'
import { type Call, type EnvoyFilter, matchingPolicies, nodeMatches, type Rbac } from './envoy-rbac.ts'
import { objectsOf } from './objects.ts'

/** authz/builder.json: policies, and the filters that Istio makes of them. Both sides judge the same calls. */
export const oracle: Oracle = {
  open: (_, folder) => (oracleCase) => run(oracleCase, folder),
}

const CALLS = 1_500
const CALLS_OF_PART = 200

interface Input {
  readonly for: 'http' | 'tcp'
  readonly proxy: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
  readonly trustDomain?: string
  readonly aliases?: readonly string[]
  readonly meshConfig?: { readonly extensionProviders: readonly ExtensionProvider[] }
  readonly customActionOnly?: boolean
}

function run(oracleCase: OracleCase, folder: string): void {
  const input = oracleCase.input as unknown as Input
  const { config } = oracleCase as unknown as { readonly config: readonly string[] }
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  const policies = config.flatMap((file) => objectsOf(read(file))) as readonly AuthorizationPolicy[]
  const filters = (oracleCase.expect['filters'] as string[]).map((file) => parse(read(file)) as EnvoyFilter)
  const { trustDomain = 'cluster.local', aliases = [], meshConfig, proxy } = input
  const mesh = {
    ...DEFAULT_MESH,
    trustDomain,
    trustDomainAliases: aliases,
    extensionProviders: meshConfig?.extensionProviders ?? [],
  }
  const isBuilt = ({ spec }: AuthorizationPolicy) => (spec?.action === 'CUSTOM') === (input.customActionOnly === true)
  const authorizer = authorizerOf(compile([...policies.filter(isBuilt), checkService()], mesh), proxy)
  const random = new SeededRandom('builder')
  const calls = callsAbout(policies, { trustDomains: [trustDomain, ...aliases], random })
  for (let number = 0; number < CALLS; number++) {
    const { connection, request } = calls()
    expectSameJudgement(authorizer, filters, { connection, request: input.for === 'tcp' ? undefined : request })
  }
  if (input.for === 'tcp') return
  for (const { policy, node } of partsOf(policies, filters)) {
    const alone = authorizerOf(compile([policy], mesh), proxy)
    for (let number = 0; number < CALLS_OF_PART; number++) {
      const { connection, request } = calls()
      const { allowed } = authorize(alone, connection, request)
      if (allowed === nodeMatches(node, { connection, request })) continue
      throw new Mismatch(`${JSON.stringify(policy.spec)} must ${allowed ? 'not ' : ''}fit ${JSON.stringify(request)}`)
    }
  }
}

/** Upstream's fixture has the service that the providers name. */
function checkService() {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'my-custom-ext-authz', namespace: 'foo' },
    spec: { clusterIP: '10.96.0.9', ports: [{ name: 'grpc', port: 9000 }] },
  }
}

function expectSameJudgement(authorizer: Authorizer, filters: readonly EnvoyFilter[], call: Call): void {
  const { connection, request } = call
  const checks = externalChecks(authorizer, connection, request)
  const verdict = authorize(authorizer, connection, request)
  const refused = checks.find(({ provider }) => provider === undefined)?.refused ?? verdict
  const shown = () => JSON.stringify({ ...call, verdict: refused })

  const denial = filters.map(({ typedConfig: { rules } }) => denialOf(rules, call)).find((found) => found !== undefined)
  if (refused.allowed !== (denial === undefined)) throw new Mismatch(`want ${denial?.join() ?? 'allowed'}: ${shown()}`)
  if (denial !== undefined && !denial.includes(denialName(refused)))
    throw new Mismatch(`want ${denial.join()}: ${shown()}`)

  const logged = filters.flatMap(({ typedConfig: { rules } }) =>
    rules?.action === 'LOG' ? matchingPolicies(rules, call) : [],
  )
  const audit = auditOf(authorizer, connection, request)
  if (audit === undefined ? logged.length > 0 : !logged.includes(nameOf(audit))) throw new Mismatch(`audit: ${shown()}`)

  const asked = filters.flatMap((filter, index) => askedBy(filter, filters[index + 1], call))
  const asking = checks.flatMap(({ provider }) => (provider === undefined ? [] : [provider.name]))
  expectSame(`providers asked by ${shown()}`, asking, asked)

  const dryRun = dryRunOf(authorizer, connection, request)
  for (const action of ['allow', 'deny'] as const) {
    const shadow = filters.find(
      ({ typedConfig: { shadowRules, shadowRulesStatPrefix } }) =>
        shadowRules !== undefined && shadowRulesStatPrefix === `istio_dry_run_${action}_`,
    )?.typedConfig.shadowRules
    const want = shadow === undefined ? undefined : denialOf(shadow, call) === undefined
    expectSame(`dry run, ${action}, ${shown()}`, dryRun?.[action]?.allowed ?? null, want ?? null)
  }
}

/** The names under which a call can have been refused; undefined: it is not. */
function denialOf(rules: Rbac | undefined, call: Call): readonly string[] | undefined {
  if (rules === undefined || rules.action === 'LOG') return undefined
  const fitting = matchingPolicies(rules, call)
  if (rules.action === 'DENY') return fitting.length === 0 ? undefined : fitting
  return fitting.length === 0 ? ['none'] : undefined
}

function denialName({ details = '' }: Verdict): string {
  return details.slice(details.indexOf('[') + 1, -1)
}

function nameOf({ namespace, name, rule }: RulePlace): string {
  return `ns[${namespace}]-policy[${name}]-rule[${rule}]`
}

/** A filter that asks others looks at what the filter before it noted. */
function askedBy(filter: EnvoyFilter, next: EnvoyFilter | undefined, call: Call): readonly string[] {
  const { shadowRules, shadowRulesStatPrefix } = filter.typedConfig
  const prefix = next?.typedConfig.filterEnabledMetadata?.value.stringMatch.prefix
  if (shadowRules === undefined || shadowRulesStatPrefix !== 'istio_ext_authz_' || prefix === undefined) return []
  const isAsked = matchingPolicies(shadowRules, call).some((name) => name.startsWith(prefix))
  return isAsked ? [prefix.slice('istio-ext-authz-'.length)] : []
}
