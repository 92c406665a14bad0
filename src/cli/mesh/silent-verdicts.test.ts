import { describe, expect, test } from 'vitest'
import { writtenMesh } from '../../../test/support/written-mesh.ts'
import { type Access, accessOf } from './access.ts'
import { accessText } from './access-text.ts'
import { callerNamed } from './callers.ts'
import { workloadNamed } from './parties.ts'

const ON_TRIAL = 'annotations: { istio.io/dry-run: "true" }'

function policy(name: string, spec: string, more = ''): string {
  return `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: bank${more === '' ? '' : `, ${more}`} }
spec: ${spec}
`
}

const POSTS = 'rules: [{ to: [{ operation: { methods: [POST] } }] }]'
const GETS = 'rules: [{ to: [{ operation: { methods: [GET] } }] }]'

function access(method: string, ...policies: readonly string[]): Access {
  const model = writtenMesh(policies.join('---\n'))
  const request = { method, scheme: 'http', authority: 'pay', path: '/', headers: {} }
  const target = workloadNamed(model, 'pay.bank').workload
  return accessOf(model, { caller: callerNamed(model, 'web.shop', undefined), target, port: 8080, request })
}

describe('policies that decide nothing', () => {
  test('all AUDIT policies that a call fits are named, whatever else is decided', () => {
    const audits = ['a', 'b'].map((name) => policy(name, `{ action: AUDIT, ${POSTS} }`))
    const denied = access(
      'POST',
      ...audits,
      policy('c', `{ action: AUDIT, ${GETS} }`),
      policy('deny', `{ action: DENY, ${POSTS} }`),
    )
    expect(denied).toMatchObject({ allowed: false, policy: 'AuthorizationPolicy bank/deny' })
    expect(denied.audits).toMatchObject([
      { policy: 'AuthorizationPolicy bank/a', rule: 0, place: { line: 4 } },
      { policy: 'AuthorizationPolicy bank/b', rule: 0, place: { line: 9 } },
    ])
    expect(access('DELETE', ...audits).audits).toBeUndefined()
  })

  test('a DENY policy on trial denies nothing, and says whether it would', () => {
    const trial = policy('deny', `{ action: DENY, ${POSTS} }`, ON_TRIAL)
    expect(access('POST', trial)).toMatchObject({
      allowed: true,
      dryRun: {
        deny: {
          allowed: false,
          reason: 'rule 0 of DENY policy bank/deny matches',
          policy: 'AuthorizationPolicy bank/deny',
          rule: 0,
        },
      },
    })
    expect(access('GET', trial)).toMatchObject({
      allowed: true,
      dryRun: { deny: { allowed: true, reason: 'no rule of a DENY policy matches' } },
    })
  })

  test('an ALLOW policy on trial allows nothing, and is none of those that should have', () => {
    const trial = policy('trial', `{ ${POSTS} }`, ON_TRIAL)
    const refused = access('POST', trial, policy('allow', `{ ${GETS} }`))
    expect(refused).toMatchObject({ allowed: false, dryRun: { allow: { allowed: true } } })
    expect(refused.missed.map((missed) => missed.policy)).toEqual(['AuthorizationPolicy bank/allow'])
    expect(access('GET', trial)).toMatchObject({
      allowed: true,
      dryRun: { allow: { allowed: false, reason: 'no rule of an ALLOW policy matches: bank/trial' } },
    })
  })

  test('what is said of a call tells of them after the verdict', () => {
    const said = access(
      'POST',
      policy('a', `{ action: AUDIT, ${POSTS} }`),
      policy('b', `{ action: DENY, ${POSTS} }`, ON_TRIAL),
    )
    const out = { paint: (_colour: string, text: string) => text, bold: (text: string) => text, columns: 200 }
    expect(accessText(said, out as never)).toEqual([
      'yes',
      '  because       no ALLOW policy applies to the workload, and no other policy denies',
      expect.stringMatching(/^ {2}audited {7}rule 0 of AuthorizationPolicy bank\/a, .*:4$/),
      expect.stringMatching(/^ {2}on trial {6}denied: rule 0 of DENY policy bank\/b matches, .*:9$/),
    ])
  })
})
