import { expect, test } from 'vitest'
import { invalid, required } from './errors.ts'

test('an invalid object: one cause, several causes, and equal causes, which the message tells once', () => {
  const name = required('spec.name', '')
  const image = required('spec.image', 'to run')
  expect(invalid('', 'Pod', 'web', [name]).message).toBe('Pod "web" is invalid: spec.name: Required value')
  expect(invalid('apps', 'Deployment', 'web', [name, image]).message).toBe(
    'Deployment.apps "web" is invalid: [spec.name: Required value, spec.image: Required value: to run]',
  )
  const twice = invalid('', 'Pod', 'web', [name, name])
  expect(twice.message).toBe('Pod "web" is invalid: spec.name: Required value')
  expect(twice.details?.causes).toEqual([name, name])
})
