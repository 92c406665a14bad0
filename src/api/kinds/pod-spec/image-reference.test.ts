import { describe, expect, test } from 'vitest'
import { defaultPullPolicy, tagOfImage } from './image-reference.ts'

describe('tagOfImage', () => {
  test.each([
    ['nginx', 'latest'],
    ['nginx:latest', 'latest'],
    ['nginx:1.27', '1.27'],
    ['registry.example.com:5000/team/web', 'latest'],
    ['registry.example.com:5000/team/web:v1', 'v1'],
    [`web@sha256:${'a'.repeat(64)}`, ''],
    [`web:v1@sha256:${'a'.repeat(64)}`, 'v1'],
    ['localhost/web', 'latest'],
    ['[::1]:5000/web:2', '2'],
    ['Nginx', ''],
    ['nginx:', ''],
    ['', ''],
    ['a'.repeat(64), ''],
  ])('of %s is "%s"', (image, tag) => {
    expect(tagOfImage(image)).toBe(tag)
  })
})

test('a tag that moves is pulled always, any other once', () => {
  expect(defaultPullPolicy('nginx')).toBe('Always')
  expect(defaultPullPolicy('nginx:1.27')).toBe('IfNotPresent')
  expect(defaultPullPolicy(undefined)).toBe('IfNotPresent')
})
