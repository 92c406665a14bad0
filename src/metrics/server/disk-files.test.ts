import { beforeEach, describe, expect, test } from 'vitest'
import { RehearsedDisk } from '../../world/rehearsed-disk.ts'
import { diskFiles } from './disk-files.ts'

const FILES = [
  'etc/rules/a.yml',
  'etc/rules/b.yml',
  'etc/rules/b1.yml',
  'etc/rules/b.yaml',
  'etc/more/x/c.yml',
  'etc/more/y/c.yml',
]

describe('the files that a pattern of a configuration names', () => {
  let disk: RehearsedDisk

  beforeEach(async () => {
    disk = new RehearsedDisk()
    for (const folder of ['/etc/rules', '/etc/more/x', '/etc/more/y']) await disk.makeDirectory(folder)
    for (const file of FILES) await disk.write(`/${file}`, '')
  })

  test.each([
    ['etc/rules/*.yml', ['etc/rules/a.yml', 'etc/rules/b.yml', 'etc/rules/b1.yml']],
    ['/etc/rules/*.yml', ['/etc/rules/a.yml', '/etc/rules/b.yml', '/etc/rules/b1.yml']],
    ['etc/rules/?.yml', ['etc/rules/a.yml', 'etc/rules/b.yml']],
    ['etc/rules/[b-z]*', ['etc/rules/b.yaml', 'etc/rules/b.yml', 'etc/rules/b1.yml']],
    ['etc/rules/[^a].yml', ['etc/rules/b.yml']],
    ['etc/more/*/c.yml', ['etc/more/x/c.yml', 'etc/more/y/c.yml']],
    ['etc/rules/a.yml', ['etc/rules/a.yml']],
    ['etc/rules/nothing.yml', []],
    ['nowhere/*.yml', []],
  ])('%s', async (pattern, expected) => {
    expect(await diskFiles(disk, '/').match(pattern)).toEqual(expected)
  })
})
