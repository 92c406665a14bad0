import { describe, expect, test } from 'vitest'
import { created, problems, refusals, row } from '../../../../test/support/problems.ts'
import { FlowSchema } from './flow-schema.ts'
import { MANDATORY_FLOW_SCHEMAS } from './mandatory-objects.ts'

const POLICY = {
  subjects: [{ kind: 'Group', group: { name: 'system:nodes' } }],
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['nodes'], clusterScope: true }],
}

function flowSchema(change: object = {}, name = 'mine'): FlowSchema {
  return {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind: 'FlowSchema',
    metadata: { name },
    spec: { priorityLevelConfiguration: { name: 'system' }, rules: [POLICY], ...change },
  }
}

function ruleProblems(rule: object): readonly string[] {
  return refusals(FlowSchema, flowSchema({ rules: [{ ...POLICY, ...rule }] }))
}

describe('a FlowSchema', () => {
  test('comes late unless it says otherwise, also where Go sent a zero', () => {
    expect(created(FlowSchema, flowSchema()).spec.matchingPrecedence).toBe(1000)
    expect(created(FlowSchema, flowSchema({ matchingPrecedence: 0 })).spec.matchingPrecedence).toBe(1000)
  })

  test.each<[object, readonly string[]]>([
    [{}, []],
    [{ matchingPrecedence: -1 }, ['spec.matchingPrecedence: Invalid value: -1: must be a positive value']],
    [{ matchingPrecedence: 10_001 }, ['spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000']],
    [
      { matchingPrecedence: 1 },
      ["spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
    ],
    [
      { distinguisherMethod: { type: 'ByHat' } },
      ['spec.distinguisherMethod.type: Unsupported value: {"Type":"ByHat"}: supported values: "ByNamespace", "ByUser"'],
    ],
    [
      { priorityLevelConfiguration: {} },
      ['spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
    ],
  ])('%j', (change, expected) => {
    expect(refusals(FlowSchema, flowSchema(change))).toEqual(expected)
  })

  test.each<[object, readonly string[]]>([
    [
      { subjects: [], resourceRules: [] },
      [
        'spec.rules[0].subjects: Required value: subjects must contain at least one value',
        'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
      ],
    ],
    [
      { subjects: [{ kind: 'Robot' }, { kind: 'User', group: { name: 'g' } }] },
      [
        'spec.rules[0].subjects[0].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"',
        "spec.rules[0].subjects[1].user: Required value: user is required when subject kind is 'User'",
        "spec.rules[0].subjects[1].group: Forbidden: group is forbidden when subject kind is not 'Group'",
      ],
    ],
    [
      { subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*' } }] },
      [
        'spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account',
      ],
    ],
    [
      { resourceRules: [{ verbs: ['*', 'get'], apiGroups: ['*', ''], resources: [] }] },
      [
        `spec.rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
        `spec.rules[0].resourceRules[0].apiGroups: Invalid value: ["*",""]: if '*' is present, must not specify other api groups`,
        'spec.rules[0].resourceRules[0].resources: Required value: resource rules must supply at least one resource',
        'spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
      ],
    ],
    [
      { nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/', '/healthz/*', '', 'x', '/a b', '/a//b', '/a*'] }] },
      [
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "": must not be empty',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[3]: Invalid value: "x": must start with slash',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[4]: Invalid value: "/a b": must not contain white-space',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[5]: Invalid value: "/a//b": must not contain double slash',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[6]: Invalid value: "/a*": wildcard can only do suffix matching',
      ],
    ],
    [
      { nonResourceRules: [{ verbs: ['shout'], nonResourceURLs: ['*'] }] },
      [
        'spec.rules[0].nonResourceRules[0].verbs: Unsupported value: ["shout"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
      ],
    ],
  ])('a rule %j', (rule, expected) => {
    expect(ruleProblems(rule)).toEqual(expected)
  })

  test.each(['exempt', 'catch-all'])('that is mandatory is what it is: %s', (name) => {
    const fixed = MANDATORY_FLOW_SCHEMAS.get(name)
    expect(refusals(FlowSchema, flowSchema(fixed, name))).toEqual([])
    const [problem] = refusals(FlowSchema, flowSchema({ ...fixed, rules: [] }, name))
    expect(problem).toMatch(/^spec: Invalid value: \{"PriorityLevelConfiguration":/)
    expect(problem).toContain(`: spec of '${name}' must equal the fixed value`)
  })

  test('has every condition once', () => {
    const status = { conditions: [{ type: 'Dangling' }, { type: 'Dangling' }, {}] }
    expect(problems(FlowSchema.validateStatus?.({ ...flowSchema(), status }, flowSchema()))).toEqual([
      'status.conditions[1].type: Duplicate value: "Dangling"',
      'status.conditions[2].type: Required value: must not be empty',
    ])
  })

  test('kubectl get', () => {
    const status = { conditions: [{ type: 'Dangling', status: 'False' }] }
    expect(row(FlowSchema, { ...flowSchema({ matchingPrecedence: 7 }), status }, 0)).toEqual({
      Name: 'mine',
      PriorityLevel: 'system',
      MatchingPrecedence: 7,
      DistinguisherMethod: '<none>',
      Age: '<unknown>',
      MissingPL: 'False',
    })
    expect(row(FlowSchema, flowSchema(), 0)['MissingPL']).toBe('?')
  })
})
