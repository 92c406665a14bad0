import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readManifests } from './manifests.ts'

const folder = mkdtempSync(join(tmpdir(), 'dabba-manifests-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0

/** A new folder with these files in it. */
function folderOf(texts: Readonly<Record<string, string>>): string {
  const path = join(folder, String(++files))
  mkdirSync(path)
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(path, name), text)
  return path
}

function fileOf(text: string): string {
  return join(folderOf({ 'a.yaml': text }), 'a.yaml')
}

const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n'

test('documents come with the line on which they start', () => {
  const file = fileOf(`# first\n---\n${CONFIG}---\n\n# second\n${CONFIG}---\n`)
  expect(readManifests([file]).map(({ line, object }) => [line, object.kind])).toEqual([
    [3, 'ConfigMap'],
    [9, 'ConfigMap'],
  ])
})

test('YAML means what it means to Kubernetes: YAML 1.1, as Go reads it', () => {
  const file = fileOf(`${CONFIG}data: { mode: 0600, on: yes, at: 22:22, exponent: 1e3 }\n`)
  expect(readManifests([file])[0]?.object).toMatchObject({
    data: { mode: 384, true: true, at: '22:22', exponent: '1e3' },
  })
})

test('a key that stands twice is told with its line', () => {
  const file = fileOf(`${CONFIG}data:\n  a: x\n  a: y\n`)
  expect(readManifests([file])[0]?.duplicates).toEqual(['line 6: key "a" already set in map'])
})

test('the items of a List come one by one; those of a typed list get its kind', () => {
  const list = `apiVersion: v1\nkind: List\nitems:\n- { apiVersion: v1, kind: Secret, metadata: { name: b } }\n`
  const typed = `apiVersion: v1\nkind: ConfigMapList\nitems:\n- { metadata: { name: c } }\n`
  const found = readManifests([fileOf(`${list}---\n${typed}`)])
  expect(found.map(({ line, object }) => [line, object.kind, object.metadata.name])).toEqual([
    [1, 'Secret', 'b'],
    [6, 'ConfigMap', 'c'],
  ])
})

test('a folder is read by name, without what is for others in it and without folders below', () => {
  const path = folderOf({
    'b.yml': CONFIG.replace('name: a', 'name: second'),
    'a.json': '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"first"}}',
    'kustomization.yaml': 'resources: [a.json]\nkind: Kustomization\n',
    'nodes.yaml': '- name: small\n',
    'README.md': '# no manifest',
  })
  mkdirSync(join(path, 'below'))
  writeFileSync(join(path, 'below', 'c.yaml'), CONFIG)
  expect(readManifests([path]).map(({ object }) => object.metadata.name)).toEqual(['first', 'second'])
})

test.each([
  ['a: [1,\n', ': '],
  ['metadata:\n  name: a\n', ':1 is no manifest: apiVersion and kind not set'],
  [`# a\n${CONFIG}---\nkind: Pod\nmetadata: { name: a }\n`, ':6 is no manifest: apiVersion not set'],
  ['apiVersion: v1\nkind: Pod\n', ':1 is no manifest: Pod: metadata.name not set'],
  ['apiVersion: v1\nkind: Pod\nmetadata: { generateName: a- }\n', 'cannot use generateName with apply'],
  ['just a text\n', ':1 is no manifest: this is no object'],
  ['- a\n', ':1 is no manifest: this is no object'],
  ['# nothing\n', 'There are no manifests in '],
])('%j', (text, message) => {
  expect(() => readManifests([fileOf(text)])).toThrow(message)
})

test('a file that is not there, and a folder without manifests', () => {
  expect(() => readManifests(['missing.yaml'])).toThrow('There is no file or folder missing.yaml')
  expect(() => readManifests([folderOf({})])).toThrow('There are no manifests in ')
})

test('fields are found on their lines, in items of a List too', () => {
  const file = fileOf(
    `kind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: a\n${'#\n'}---\n${CONFIG}`,
  )
  const [item, plain] = readManifests([file])
  expect(item?.lineOf(['metadata', 'name'])).toBe(6)
  expect(plain?.lineOf(['metadata'])).toBe(11)
})
