import { describe, expect, test } from 'vitest'
import { compileJsonPath } from './json-path.ts'
import { JsonPathError } from './json-path-parser.ts'

const OBJECT = {
  metadata: { labels: { app: 'web', 'a.b/c': 'dotted' } },
  spec: { hosts: ['a', 'b', 'c'], replicas: 3, nothing: null },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', count: 2 },
      { type: 'Synced', status: 'False', count: 5 },
    ],
  },
}

describe('paths', () => {
  test.each([
    ['.spec.replicas', [3]],
    ['.spec.missing.more', []],
    ['.spec.nothing', [null]],
    ['.metadata.labels.app', ['web']],
    ["['metadata']['labels'].app", ['web']],
    ['.metadata.labels.a\\.b/c', ['dotted']],
    ["['metadata'].labels['a\\.b/c']", ['dotted']],
    ['.spec.hosts[0]', ['a']],
    ['.spec.hosts[-1]', ['c']],
    ['.spec.hosts[*]', ['a', 'b', 'c']],
    ['.spec.hosts[0:2]', ['a', 'b']],
    ['.spec.hosts[::2]', ['a', 'c']],
    ['.spec.hosts[0,2]', ['a', 'c']],
    ['.status.conditions[*].type', ['Ready', 'Synced']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ["$.status.conditions[?(@.type=='Synced')].count", [5]],
    ['.status.conditions[?(@.count > 2)].type', ['Synced']],
    ['.status.conditions[?(@.count)].type', ['Ready', 'Synced']],
    ['.status.conditions[?(@.missing)].type', []],
    ['..type', ['Ready', 'Synced']],
    ['.status.conditions[0].*', ['Ready', 'True', 2]],
  ])('%s', (path, found) => {
    expect(compileJsonPath(path).find(OBJECT)).toEqual(found)
  })

  test.each(['.a[', '.a["b"]', '.a[x]', '.a[?(@.b', 'range', '......', '.a[1', '.a{'])('%s is malformed', (path) => {
    expect(() => compileJsonPath(path)).toThrow(JsonPathError)
  })

  test.each(['.spec.hosts[9]', '.spec.replicas[0]', '.status.conditions[?(@.type > 2)]', '.spec[?(@.a)]'])(
    '%s does not fit',
    (path) => {
      expect(() => compileJsonPath(path).find(OBJECT)).toThrow(JsonPathError)
    },
  )
})
