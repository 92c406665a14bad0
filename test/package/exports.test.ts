import { expect, test } from 'vitest'
import { builtinKinds } from '../../src/api/kinds/builtin-kinds.ts'
import * as library from '../../src/index.ts'
import * as testing from '../../src/testing.ts'

// Names that others import are promises: each is here because somebody meant to make it.
test('the library exports these names, and no others', () => {
  expect(Object.keys(library).toSorted()).toEqual([
    'Client',
    'DONE',
    'EventRecorder',
    'HttpTransport',
    'Informers',
    'KUBERNETES_VERSION',
    'MemoryEngine',
    'Platform',
    'Scheme',
    'SqliteEngine',
    'StatusError',
    'UserError',
    'createPlatform',
    'defaultNodeProfile',
    'kinds',
    'owns',
    'realWorld',
    'rehearsedWorld',
    'requeueAfter',
    'runController',
    'watches',
  ])
})

test('dabba/testing exports these names, and no others', () => {
  expect(Object.keys(testing).toSorted()).toEqual(['StatusError', 'TestCluster', 'kinds', 'startCluster'])
})

test('every built-in kind can be imported', () => {
  expect(new Set(Object.values(library.kinds) as unknown[])).toEqual(new Set(builtinKinds()))
})
