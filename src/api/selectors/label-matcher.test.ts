import { describe, expect, test } from 'vitest'
import { parseLabels, printLabels } from './label-map.ts'
import { EVERYTHING, matcherOfLabels, NOTHING } from './label-matcher.ts'
import { matcherOfSelector, parseToLabelSelector, printLabelSelector, validateLabelSelector } from './label-selector.ts'
import { parseLabelSelector } from './parse-labels.ts'

const pod = { app: 'web', tier: 'front', weight: '7' }

describe('parseLabelSelector', () => {
  test.each([
    { selector: 'app=web', matches: true },
    { selector: 'app==web,tier!=back', matches: true },
    { selector: 'app in (api, web)', matches: true },
    { selector: 'app notin (api,web)', matches: false },
    { selector: 'tier', matches: true },
    { selector: '!tier', matches: false },
    { selector: 'zone notin (a)', matches: true },
    { selector: 'zone!=a', matches: true },
    { selector: 'weight>5,weight<9', matches: true },
    { selector: 'app>5', matches: false },
    { selector: '', matches: true },
  ])('$selector: $matches', ({ selector, matches }) => {
    expect(parseLabelSelector(selector).matches(pod)).toBe(matches)
  })

  test('a label that JavaScript objects inherit is not there', () => {
    expect(parseLabelSelector('constructor').matches({})).toBe(false)
    expect(parseLabelSelector('!constructor').matches({})).toBe(true)
    expect(parseLabelSelector('constructor notin (a,b)').matches({})).toBe(true)
  })

  test('equal selectors print alike', () => {
    expect(String(parseLabelSelector('b in (y,x) , a'))).toBe('a,b in (x,y)')
  })

  test.each([
    { selector: 'app=web,', message: "found '', expected: identifier after ','" },
    { selector: 'app in web', message: "unable to parse requirement: found 'web' expected: '('" },
    { selector: 'app=web tier', message: "found 'tier', expected: ',' or 'end of string'" },
    { selector: '=web', message: "found '=', expected: !, identifier, or 'end of string'" },
    {
      selector: 'app=a?',
      message:
        'unable to parse requirement: values[0][app]: Invalid value: "a?": a valid label must be an empty string or consist',
    },
  ])('$selector is refused in the server words', ({ selector, message }) => {
    expect(() => parseLabelSelector(selector)).toThrow(message)
  })
})

describe('LabelSelector', () => {
  test('absent selects nothing, empty selects everything', () => {
    expect(matcherOfSelector(undefined)).toBe(NOTHING)
    expect(NOTHING.matches(pod)).toBe(false)
    expect(NOTHING.isEmpty).toBe(false)
    expect(matcherOfSelector({})).toBe(EVERYTHING)
    expect(EVERYTHING.matches(undefined)).toBe(true)
  })

  test('labels and expressions must all hold', () => {
    const selector = {
      matchLabels: { app: 'web' },
      matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['back'] }],
    }
    expect(matcherOfSelector(selector).matches(pod)).toBe(true)
    expect(matcherOfSelector(selector)).toBe(matcherOfSelector(selector))
    expect(printLabelSelector(selector)).toBe('app=web,tier notin (back)')
  })

  test('text and object say the same', () => {
    expect(parseToLabelSelector('app=web,tier in (a,b),!old')).toEqual({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'old', operator: 'DoesNotExist', values: [] },
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
      ],
    })
  })

  test('what is wrong with one is said field by field', () => {
    const selector = {
      matchExpressions: [
        { key: 'app', operator: 'In' },
        { key: 'app', operator: 'Like' },
      ],
    }
    expect([...validateLabelSelector(selector, 'spec.selector')]).toMatchObject([
      { field: 'spec.selector.matchExpressions[0].values', reason: 'FieldValueRequired' },
      {
        field: 'spec.selector.matchExpressions[1].operator',
        message: 'Invalid value: "Like": not a valid selector operator',
      },
    ])
  })
})

test('a set of labels is its own selector', () => {
  expect(matcherOfLabels({ app: 'web' }).matches(pod)).toBe(true)
  expect(matcherOfLabels({ app: 'web' }).exactValueOf('app')).toBe('web')
  expect(parseLabels(printLabels(pod))).toEqual(pod)
  expect(() => parseLabels('app')).toThrow('invalid selector: [app]')
})
