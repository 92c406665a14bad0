import { describe, expect, test } from 'vitest'
import { created, problems, refusals, row, updateRefusals } from '../../../../test/support/problems.ts'
import { ValidatingAdmissionPolicy } from './validating-admission-policy.ts'
import { ValidatingAdmissionPolicyBinding } from './validating-admission-policy-binding.ts'

const RULE = { operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }
const SPEC = {
  matchConstraints: { resourceRules: [RULE] },
  validations: [{ expression: 'object.spec.replicas <= 5' }],
}

function policy(change: object = {}): ValidatingAdmissionPolicy {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'replicas.example.com' },
    spec: { ...SPEC, ...change },
  }
}

function binding(spec: object): ValidatingAdmissionPolicyBinding {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'b' },
    spec: { policyName: 'replicas.example.com', validationActions: ['Deny'], ...spec },
  }
}

const SELECTOR = {
  matchLabels: { b: '2', a: '1' },
  matchExpressions: [{ key: 'k', operator: 'In', values: ['x', 'y'] }],
}

describe('a ValidatingAdmissionPolicy', () => {
  test('has defaults', () => {
    expect(created(ValidatingAdmissionPolicy, policy())).toMatchObject({
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          matchPolicy: 'Equivalent',
          namespaceSelector: {},
          objectSelector: {},
          resourceRules: [{ ...RULE, scope: '*' }],
        },
      },
      status: {},
    })
  })

  test.each<[string, object, readonly string[]]>([
    ['as it should be', {}, []],
    [
      'nothing said',
      { matchConstraints: undefined, validations: [] },
      [
        'spec.matchConstraints: Required value',
        'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
        'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
      ],
    ],
    [
      'parameters of no kind',
      { paramKind: { apiVersion: 'a/b/c' }, matchConstraints: {} },
      [
        'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
        'spec.paramKind.kind: Required value',
        'spec.matchConstraints.resourceRules: Required value',
      ],
    ],
    [
      'names of resources',
      { matchConstraints: { resourceRules: [{ ...RULE, resourceNames: ['a', 'a', 'x/y'] }] } },
      [
        'spec.matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"',
        `spec.matchConstraints.resourceRules[0].resourceNames[2]: Invalid value: "x/y": may not contain '/'`,
      ],
    ],
    [
      'variables that build on each other',
      {
        variables: [
          { name: 'count', expression: 'int(object.spec.replicas)' },
          { name: 'half', expression: 'variables.count / 2' },
          { name: 'user', expression: 'request.userInfo.groups' },
        ],
        validations: [{ expression: "variables.half < 5 && 'admins' in variables.user" }],
      },
      [],
    ],
    [
      'words that are no names',
      { variables: [{ name: 'in', expression: '1' }, { name: ' ' }] },
      [
        'spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier',
        'spec.variables[1].name: Required value: name is not specified',
        'spec.variables[1].expression: Required value: expression is not specified',
      ],
    ],
    [
      'expressions that do not fit',
      {
        validations: [
          { expression: 'object.spec.replicas' },
          { expression: 'params.max > 1' },
          { expression: 'request.colour == "red"' },
          { expression: ' ', message: ' ', messageExpression: ' ', reason: 'Mood' },
          { expression: 'true', message: 'a\nb', messageExpression: '1' },
          { expression: 'true', messageExpression: "authorizer.path('/x').check('get').reason()" },
        ],
      },
      [
        'spec.validations[0].expression: Invalid value: "object.spec.replicas": must evaluate to bool but got dyn',
        `spec.validations[1].expression: Invalid value: "params.max > 1": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.max > 1\n | ^`,
        `spec.validations[2].expression: Invalid value: "request.colour == \\"red\\"": compilation failed: ERROR: <input>:1:8: undefined field 'colour'\n | request.colour == "red"\n | .......^`,
        'spec.validations[3].expression: Required value: expression is not specified',
        'spec.validations[3].messageExpression: Invalid value: " ": must be non-empty if specified',
        'spec.validations[3].message: Invalid value: " ": must be non-empty if specified',
        'spec.validations[3].reason: Unsupported value: "Mood": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
        'spec.validations[4].messageExpression: Invalid value: "1": must evaluate to string but got int',
        String.raw`spec.validations[4].message: Invalid value: "a\nb": must not contain line breaks`,
        `spec.validations[5].messageExpression: Invalid value: "authorizer.path('/x').check('get').reason()": compilation failed: ERROR: <input>:1:1: undeclared reference to 'authorizer' (in container '')\n | authorizer.path('/x').check('get').reason()\n | ^`,
      ],
    ],
    [
      'annotations',
      {
        auditAnnotations: [
          { key: 'who', valueExpression: 'request.userInfo.username' },
          { key: 'who', valueExpression: '1' },
          { key: '', valueExpression: '' },
        ],
      },
      [
        'spec.auditAnnotations[1].valueExpression: Invalid value: "1": must evaluate to one of [string null_type] but got int',
        'spec.auditAnnotations[1].key: Duplicate value: "who"',
        'spec.auditAnnotations[2].key: Invalid value: "replicas.example.com/": name part must be non-empty',
        `spec.auditAnnotations[2].key: Invalid value: "replicas.example.com/": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
        'spec.auditAnnotations[2].valueExpression: Required value: valueExpression is not specified',
      ],
    ],
  ])('%s', (_, change, expected) => {
    expect(refusals(ValidatingAdmissionPolicy, policy(change))).toEqual(expected)
  })

  test('conditions see parameters where there are some', () => {
    const matchConditions = [{ name: 'p', expression: 'params.on == true' }]
    const paramKind = { apiVersion: 'rules.example.com/v1', kind: 'Limit' }
    expect(refusals(ValidatingAdmissionPolicy, policy({ matchConditions }))).toHaveLength(1)
    expect(refusals(ValidatingAdmissionPolicy, policy({ matchConditions, paramKind }))).toEqual([])
    const stored = policy({ matchConditions })
    expect(updateRefusals(ValidatingAdmissionPolicy, policy({ matchConditions }), stored)).toEqual([])
  })

  test('has findings about its types in its status', () => {
    const status = {
      typeChecking: {
        expressionWarnings: [
          { fieldRef: 'spec.validations[', warning: '' },
          { fieldRef: 'spec.validations[0].expression', warning: 'no such field' },
        ],
      },
    }
    expect(problems(ValidatingAdmissionPolicy.validateStatus?.({ ...policy(), status }, policy()))).toEqual([
      'status.typeChecking.expressionWarnings[0].warning: Required value',
      'status.typeChecking.expressionWarnings[0].fieldRef: Invalid value: "spec.validations[": invalid JSONPath: unterminated array',
    ])
  })

  test('kubectl get', () => {
    expect(row(ValidatingAdmissionPolicy, policy(), 0)).toEqual({
      Name: 'replicas.example.com',
      Validations: 1,
      ParamKind: '<unset>',
      Age: '<unknown>',
    })
  })
})

describe('a ValidatingAdmissionPolicyBinding', () => {
  test.each<[object, readonly string[]]>([
    [{}, []],
    [
      { policyName: '', validationActions: [] },
      [
        'spec.policyName: Required value',
        'spec.validationActions: Required value: at least one validation action is required',
      ],
    ],
    [
      { validationActions: ['Deny', 'Warn', 'Deny', 'Cry'] },
      [
        'spec.validationActions[2]: Duplicate value: "Deny"',
        'spec.validationActions[3]: Unsupported value: "Cry": supported values: "Audit", "Deny", "Warn"',
        'spec.validationActions: Invalid value: ["Deny","Warn","Deny","Cry"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ],
    ],
    [
      { paramRef: {} },
      [
        'spec.paramRef: Required value: one of name or selector must be specified',
        'spec.paramRef.parameterNotFoundAction: Required value',
      ],
    ],
    [
      { paramRef: { name: 'p', selector: {}, parameterNotFoundAction: 'Wait' } },
      [
        'spec.paramRef.name: Forbidden: name and selector are mutually exclusive',
        'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
        'spec.paramRef.parameterNotFoundAction: Unsupported value: "Wait": supported values: "Deny", "Allow"',
      ],
    ],
    [
      { matchResources: { matchPolicy: 'Fuzzy' } },
      ['spec.matchResources.matchPolicy: Unsupported value: "Fuzzy": supported values: "Equivalent", "Exact"'],
    ],
  ])('%j', (spec, expected) => {
    expect(refusals(ValidatingAdmissionPolicyBinding, binding(spec))).toEqual(expected)
  })

  test.each<[object | undefined, string]>([
    [undefined, '<unset>'],
    [{ name: 'p', namespace: 'ops' }, 'ops/p'],
    [{ name: 'p' }, '*/p'],
    [
      { selector: SELECTOR },
      '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}',
    ],
  ])('kubectl get, parameters %j', (paramRef, expected) => {
    const spec = paramRef === undefined ? {} : { paramRef }
    expect(row(ValidatingAdmissionPolicyBinding, binding(spec), 0)).toEqual({
      Name: 'b',
      PolicyName: 'replicas.example.com',
      ParamRef: expected,
      Age: '<unknown>',
    })
  })
})
