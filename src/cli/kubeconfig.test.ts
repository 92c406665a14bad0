import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { kubeconfigOf, writeKubeconfig } from './kubeconfig.ts'
import { readAccess } from './kubeconfig-access.ts'

const folder = mkdtempSync(join(tmpdir(), 'dabba-kubeconfig-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ACCESS = { url: 'https://127.0.0.1:6443', ca: 'CA', certificate: 'CERT', key: 'KEY' }
const MOVED = { ...ACCESS, url: 'https://127.0.0.1:7000' }

const PRODUCTION = `# mine
apiVersion: v1
kind: Config
current-context: production
clusters:
- cluster: { server: https://k8s.example } # keep
  name: production
users: []
contexts:
- name: production
  context: { cluster: production, user: me }
`

test('what is written is read again', () => {
  const path = join(folder, 'new')
  writeKubeconfig(path, 'shop', ACCESS)
  expect(readFileSync(path, 'utf8')).toBe(kubeconfigOf('shop', ACCESS))
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readAccess(path)).toEqual({ url: ACCESS.url, tls: { ca: 'CA', cert: 'CERT', key: 'KEY' } })
})

test('a kubeconfig with other clusters in it keeps them, and its comments', () => {
  const path = join(folder, 'production')
  writeFileSync(path, PRODUCTION)
  writeKubeconfig(path, 'shop', ACCESS)
  writeKubeconfig(path, 'shop', MOVED)
  const text = readFileSync(path, 'utf8')
  expect(text).toContain('# mine')
  expect(text).toContain('# keep')
  const config = parse(text) as Record<'clusters' | 'users' | 'contexts', { name: string }[]>
  expect(config.clusters.map(({ name }) => name)).toEqual(['production', 'dabba-shop'])
  expect(config.contexts.map(({ name }) => name)).toEqual(['production', 'dabba-shop'])
  expect(config.users.map(({ name }) => name)).toEqual(['dabba-shop'])
  expect(readAccess(path).url).toBe(MOVED.url)
})

test('a kubeconfig that kubectl left empty is filled', () => {
  const path = join(folder, 'empty')
  writeFileSync(path, 'apiVersion: v1\nkind: Config\nclusters: null\ncontexts: []\nusers: null\npreferences: {}\n')
  writeKubeconfig(path, 'shop', ACCESS)
  expect(readAccess(path).url).toBe(ACCESS.url)
})

test.each(['a: [', '- a\n', 'text'])('%j is no kubeconfig, and stays as it is', (text) => {
  const path = join(folder, 'broken')
  writeFileSync(path, text)
  expect(() => writeKubeconfig(path, 'shop', ACCESS)).toThrow(`Cannot add to the kubeconfig ${path}`)
  expect(readFileSync(path, 'utf8')).toBe(text)
})

test('a link to a kubeconfig stays a link', () => {
  const target = join(folder, 'target')
  const link = join(folder, 'link')
  writeFileSync(target, PRODUCTION)
  symlinkSync(target, link)
  writeKubeconfig(link, 'shop', ACCESS)
  expect(readAccess(target).url).toBe(ACCESS.url)
})

test('files that a kubeconfig names are looked for beside it', () => {
  writeFileSync(join(folder, 'ca.pem'), 'PEM')
  writeFileSync(join(folder, 'token'), 'secret\n')
  const path = join(folder, 'files')
  const cluster = { server: ACCESS.url, 'certificate-authority': 'ca.pem' }
  const entry = (user: object): string =>
    JSON.stringify({
      'current-context': 'a',
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      clusters: [{ name: 'a', cluster }],
      users: [{ name: 'a', user }],
    })
  writeFileSync(path, entry({ tokenFile: 'token' }))
  expect(readAccess(path)).toEqual({ url: ACCESS.url, tls: { ca: 'PEM' }, token: 'secret' })
  writeFileSync(path, entry({ 'client-key': 'missing.pem' }))
  expect(() => readAccess(path)).toThrow(/missing\.pem, which the kubeconfig names: no such file or directory/)
})
