import { describe, expect, test } from 'vitest'
import { created, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import { MutatingWebhookConfiguration } from './mutating-webhook-configuration.ts'
import { ValidatingWebhookConfiguration } from './validating-webhook-configuration.ts'

const RULE = { operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }
const WEBHOOK = {
  name: 'check.example.com',
  clientConfig: { service: { namespace: 'ops', name: 'checker' } },
  rules: [RULE],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
}

function configuration(...webhooks: readonly object[]): ValidatingWebhookConfiguration {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'checks' },
    webhooks: webhooks as ValidatingWebhookConfiguration['webhooks'] & object,
  }
}

function mutating(...webhooks: readonly object[]): MutatingWebhookConfiguration {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'changes' },
    webhooks: webhooks as MutatingWebhookConfiguration['webhooks'] & object,
  }
}

describe('a configuration of webhooks', () => {
  test('says by default what fails, what matches and for how long to wait', () => {
    const [webhook] = created(ValidatingWebhookConfiguration, configuration(WEBHOOK)).webhooks ?? []
    expect(webhook).toEqual({
      ...WEBHOOK,
      clientConfig: { service: { namespace: 'ops', name: 'checker', port: 443 } },
      rules: [{ ...RULE, scope: '*' }],
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
    })
    const [changing] = created(MutatingWebhookConfiguration, mutating(WEBHOOK)).webhooks ?? []
    expect(changing?.reinvocationPolicy).toBe('Never')
  })

  test.each<[string, object, readonly string[]]>([
    ['as it should be', {}, []],
    [
      'a short name',
      { name: 'check' },
      ['webhooks[0].name: Invalid value: "check": should be a domain with at least three segments separated by dots'],
    ],
    [
      'unknown words',
      { failurePolicy: 'Shrug', matchPolicy: 'Fuzzy', sideEffects: 'Some', timeoutSeconds: 31 },
      [
        'webhooks[0].failurePolicy: Unsupported value: "Shrug": supported values: "Fail", "Ignore"',
        'webhooks[0].matchPolicy: Unsupported value: "Fuzzy": supported values: "Equivalent", "Exact"',
        'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
        'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
      ],
    ],
    [
      'nothing said',
      { sideEffects: undefined, clientConfig: {}, admissionReviewVersions: [] },
      [
        'webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun',
        'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
        'webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1',
      ],
    ],
    [
      'a bad address',
      { clientConfig: { url: 'http://me@/hook?x=1#top' } },
      [
        `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
        'webhooks[0].clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]',
        'webhooks[0].clientConfig.url: Invalid value: "me": user information is not permitted in the URL',
        'webhooks[0].clientConfig.url: Invalid value: "top": fragments are not permitted in the URL',
        'webhooks[0].clientConfig.url: Invalid value: "x=1": query parameters are not permitted in the URL',
      ],
    ],
    [
      'a bad service',
      { clientConfig: { service: { namespace: '', name: 'checker', path: 'hooks//UP', port: -1 } } },
      [
        'webhooks[0].clientConfig.service.name: Required value',
        'webhooks[0].clientConfig.service.port: Invalid value: -1: port is not valid: must be between 1 and 65535, inclusive',
        `webhooks[0].clientConfig.service.path: Invalid value: "hooks//UP": must start with a '/'`,
        'webhooks[0].clientConfig.service.path: Invalid value: "hooks//UP": segment[1] may not be empty',
        `webhooks[0].clientConfig.service.path: Invalid value: "hooks//UP": segment[2]: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      ],
    ],
    [
      'versions of reviews',
      { admissionReviewVersions: ['v2', 'v2'] },
      [
        'webhooks[0].admissionReviewVersions[1]: Invalid value: "v2": duplicate version',
        'webhooks[0].admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
      ],
    ],
    [
      'rules',
      {
        rules: [
          {
            operations: ['*', 'READ'],
            apiGroups: [],
            apiVersions: ['*', ''],
            resources: ['pods/*', 'pods/log', '*', 'nodes'],
            scope: 'World',
          },
          { ...RULE, operations: [], resources: ['*/*', ''] },
        ],
      },
      [
        `webhooks[0].rules[0].operations: Invalid value: ["*","READ"]: if '*' is present, must not specify other operations`,
        'webhooks[0].rules[0].operations[1]: Unsupported value: "READ": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
        'webhooks[0].rules[0].apiGroups: Required value',
        `webhooks[0].rules[0].apiVersions: Invalid value: ["*",""]: if '*' is present, must not specify other API versions`,
        'webhooks[0].rules[0].apiVersions[1]: Required value',
        `webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
        `webhooks[0].rules[0].resources: Invalid value: ["pods/*","pods/log","*","nodes"]: if '*' is present, must not specify other resources without subresources`,
        'webhooks[0].rules[0].scope: Unsupported value: "World": supported values: "*", "Cluster", "Namespaced"',
        'webhooks[0].rules[1].operations: Required value',
        'webhooks[0].rules[1].resources[1]: Required value',
        `webhooks[0].rules[1].resources: Invalid value: ["*/*",""]: if '*/*' is present, must not specify other resources`,
      ],
    ],
    [
      'conditions',
      {
        matchConditions: [
          { name: 'a', expression: 'object.spec.paused == true' },
          { name: 'a', expression: '' },
          { expression: '"text"' },
          { name: 'admin', expression: "authorizer.group('').resource('pods').check('get').allowed()" },
        ],
      },
      [
        'webhooks[0].matchConditions[1].expression: Required value',
        'webhooks[0].matchConditions[1].name: Duplicate value: "a"',
        String.raw`webhooks[0].matchConditions[2].expression: Invalid value: "\"text\"": must evaluate to bool but got string`,
        'webhooks[0].matchConditions[2].name: Required value',
      ],
    ],
  ])('%s', (_, change, expected) => {
    expect(refusals(ValidatingWebhookConfiguration, configuration({ ...WEBHOOK, ...change }))).toEqual(expected)
  })

  test('names every webhook once, and reinvokes as it may', () => {
    expect(
      refusals(MutatingWebhookConfiguration, mutating(WEBHOOK, { ...WEBHOOK, reinvocationPolicy: 'Often' })),
    ).toEqual([
      'webhooks[1].reinvocationPolicy: Unsupported value: "Often": supported values: "IfNeeded", "Never"',
      'webhooks[1].name: Duplicate value: "check.example.com"',
    ])
  })

  test('may stay as it was stored', () => {
    const old = configuration({ ...WEBHOOK, sideEffects: 'Some', admissionReviewVersions: ['v2'] }, WEBHOOK)
    expect(refusals(ValidatingWebhookConfiguration, old)).toHaveLength(3)
    expect(updateRefusals(ValidatingWebhookConfiguration, { ...old }, old)).toEqual([])
  })

  test('kubectl get', () => {
    expect(row(ValidatingWebhookConfiguration, configuration(WEBHOOK, WEBHOOK), 0)).toEqual({
      Name: 'checks',
      Webhooks: 2,
      Age: '<unknown>',
    })
  })
})
