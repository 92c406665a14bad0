import { describe, expect, test } from 'vitest'
import { impersonationOf } from './impersonation.ts'

describe('who a request wants to be taken for', () => {
  test.each([
    { groups: undefined, user: 'jane', all: ['system:authenticated'] },
    { groups: ['dev'], user: 'jane', all: ['dev', 'system:authenticated'] },
    { groups: ['system:unauthenticated'], user: 'jane', all: ['system:unauthenticated'] },
    { groups: ['dev', 'system:authenticated'], user: 'jane', all: ['dev', 'system:authenticated'] },
    { groups: undefined, user: 'system:anonymous', all: ['system:unauthenticated'] },
    {
      groups: undefined,
      user: 'system:serviceaccount:shop:cart',
      all: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
    },
    { groups: ['dev'], user: 'system:serviceaccount:shop:cart', all: ['dev', 'system:authenticated'] },
  ])('$user in $groups is in $all', ({ groups, user, all }) => {
    const headers = { 'impersonate-user': [user], ...(groups === undefined ? {} : { 'impersonate-group': groups }) }
    expect(impersonationOf(headers)?.user).toEqual({ username: user, groups: all, extra: {} })
  })

  test('needs a right for the user, for each group, for each value of extra and for the uid', () => {
    const asked = impersonationOf({
      'impersonate-user': ['jane'],
      'impersonate-group': ['dev', 'a, b'],
      'impersonate-extra-acme.com%2fproject': ['x', 'y'],
      'impersonate-extra-100%': ['z'],
      'impersonate-uid': ['7'],
    })
    expect(asked?.user).toMatchObject({ extra: { 'acme.com/project': ['x', 'y'], '100%': ['z'] }, uid: '7' })
    expect(asked?.needed.map(({ plural, subresource, name }) => [plural, subresource, name])).toEqual([
      ['users', undefined, 'jane'],
      ['groups', undefined, 'dev'],
      ['groups', undefined, 'a, b'],
      ['userextras', 'acme.com/project', 'x'],
      ['userextras', 'acme.com/project', 'y'],
      ['userextras', '100%', 'z'],
      ['uids', undefined, '7'],
    ])
  })

  test.each([
    ['system:serviceaccount:shop:cart', { plural: 'serviceaccounts', namespace: 'shop', name: 'cart' }],
    ['system:serviceaccount:shop:cart.v2', { plural: 'serviceaccounts', namespace: 'shop', name: 'cart.v2' }],
    ['system:serviceaccount:Shop:cart', { plural: 'users', name: 'system:serviceaccount:Shop:cart' }],
    ['system:serviceaccount:shop:cart:x', { plural: 'users', name: 'system:serviceaccount:shop:cart:x' }],
  ])('%s is %o', (username, about) => {
    expect(impersonationOf({ 'impersonate-user': [username] })?.needed[0]).toMatchObject(about)
  })

  test('is nobody where nothing is asked for', () => {
    expect(impersonationOf({ 'impersonate-user': [''] })).toBeUndefined()
  })

  test('groups without a user are refused', () => {
    expect(() => impersonationOf({ 'impersonate-group': ['dev', 'ops'] })).toThrow(
      'requested [{Group  dev    } {Group  ops    }] without impersonating a user',
    )
  })
})
