import { describe, expect, test } from 'vitest'
import { type AuthorizationPolicy, validateAuthorizationPolicy } from './authorization-policy.ts'
import { printErrors } from './problem.ts'

const object = { name: 'pay', namespace: 'shop', labels: {}, annotations: {} }

function errorIn(policy: AuthorizationPolicy): string | undefined {
  return printErrors(validateAuthorizationPolicy(policy, object))
}

const from = (source: object): AuthorizationPolicy => ({ rules: [{ from: [{ source }] }] })
const to = (operation: object): AuthorizationPolicy => ({ rules: [{ to: [{ operation }] }] })
const when = (key: string, ...values: string[]): AuthorizationPolicy => ({ rules: [{ when: [{ key, values }] }] })

describe('an AuthorizationPolicy is refused by its name', () => {
  test.each<[AuthorizationPolicy, string]>([
    [
      { action: 'DENY' },
      'DENY action without `rules` is meaningless as it will never be triggered, add an empty rule `{}` if you want it be triggered for every request',
    ],
    [{ provider: { name: 'a' } }, '`provider` must not be with non CUSTOM action, found ALLOW'],
    [{ action: 'CUSTOM', rules: [{}] }, '`provider.name` must not be empty'],
    [
      { action: 'CUSTOM', provider: { name: 'a' }, ...from({ namespaces: ['a'] }) },
      'From.Namespaces is currently not supported with CUSTOM action',
    ],
    [from({}), '`from.source` must not be empty, found at rule 0'],
    [from({ principals: [''] }), 'empty value not allowed, found in Principals'],
    [
      from({ serviceAccounts: ['a/b/c'] }),
      `expected format 'serviceAccount' or 'namespace/serviceAccount', found "a/b/c" in ServiceAccounts`,
    ],
    [
      from({ serviceAccounts: ['a'], namespaces: ['b'] }),
      'cannot set serviceAccounts with namespaces or principals, found at rule 0',
    ],
    [
      to({ paths: ['/{**}/{*}'] }),
      'invalid or unsupported path {**}/{*}, found in Paths. {**} is not the last operator',
    ],
    [
      to({ paths: ['/{a}'] }),
      "invalid or unsupported path {a}, found in Paths. Contains '{' or '}' beyond a supported path template",
    ],
    [when('source.ip'), 'at least one of `values` or `notValues` must be set for key source.ip'],
    [
      { selector: {}, targetRef: { kind: 'Service', name: 'a' } },
      'only one of targetRefs or workloadSelector can be set',
    ],
    [
      { targetRef: { kind: 'Pod', name: 'a' } },
      'targetRef must be to one of [core/v1/Service networking.istio.io/v1/ServiceEntry gateway.networking.k8s.io/v1/Gateway gateway.networking.k8s.io/v1/GatewayClass] but was /Pod',
    ],
  ])('%j', (policy, error) => {
    expect(errorIn(policy)).toBe(`invalid policy pay.shop: ${error}`)
  })

  test.each([
    ['request.headers', 'bad key (request.headers): should have format a[b]'],
    ['destination.name', 'deprecated attribute destination.name: only supported in v1alpha1'],
    ['destination.labels[app]', 'attribute destination.labels[app] is replaced by the workload selector'],
    ['colour', 'unknown attribute: colour'],
  ])('%s is no attribute, which is told of both lists of values', (key, why) => {
    const each = (list: string) => `\n\t* invalid policy pay.shop: invalid \`${list}\` for \`key\` ${key}: ${why}`
    expect(errorIn(when(key, 'a'))).toBe(`2 errors occurred:${each('value')}${each('notValue')}\n\n`)
  })

  test.each([
    ['70000', '<nil>'],
    ['http', 'strconv.ParseUint: parsing "http": invalid syntax'],
    ['99999999999', 'strconv.ParseUint: parsing "99999999999": value out of range'],
  ])('port %s, in a list', (port, why) => {
    expect(errorIn(to({ ports: [port] }))).toBe(
      `1 error occurred:\n\t* invalid policy pay.shop: bad port (${port}): ${why}\n\n`,
    )
  })

  test('of several errors each says the name', () => {
    const addresses = from({ ipBlocks: ['a', '10.0.0.0/99'] })
    expect(errorIn(addresses)).toBe(
      '2 errors occurred:\n' +
        '\t* invalid policy pay.shop: bad IP address (a)\n' +
        '\t* invalid policy pay.shop: bad CIDR range (10.0.0.0/99): netip.ParsePrefix("10.0.0.0/99"): prefix length out of range\n\n',
    )
  })
})

describe('a policy that denies by what only HTTP has', () => {
  const warns = (policy: AuthorizationPolicy): boolean =>
    [...validateAuthorizationPolicy({ action: 'DENY', ...policy }, object)].some(
      ({ severity }) => severity === 'warning',
    )

  test.each([
    [to({ methods: ['GET'] }), true],
    [to({ methods: ['GET'], ports: ['80'] }), false],
    [from({ requestPrincipals: ['a'] }), true],
    [from({ namespaces: ['a'] }), false],
    [when('source.ip', '10.0.0.1'), false],
  ])('%j: is it warned of? %s', (policy, expected) => {
    expect(warns(policy)).toBe(expected)
  })
})
