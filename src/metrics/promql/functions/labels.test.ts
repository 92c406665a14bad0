import { describe, expect, test } from 'vitest'
import { instant, storageOf } from '../../../../test/support/promql.ts'

describe('label_replace', () => {
  test('fills a label from what the whole of another one matches', async () => {
    const storage = await storageOf(1_000, ['up{instance="10.0.0.1:80"} 1', 'up{instance="odd"} 1'])
    expect(await instant(storage, 'label_replace(up, "host", "$1", "instance", "(.*):\\\\d+")', 0)).toEqual({
      'up{host="10.0.0.1",instance="10.0.0.1:80"}': 1,
      'up{instance="odd"}': 1,
    })
  })

  test('refuses what is no regular expression', async () => {
    const storage = await storageOf(1_000, [])
    await expect(instant(storage, 'label_replace(up, "a", "", "b", "(")', 0)).rejects.toThrow(
      'invalid regular expression in label_replace(): (',
    )
  })

  test('refuses a name of bytes that are no UTF-8', async () => {
    const storage = await storageOf(1_000, [])
    await expect(instant(storage, 'label_replace(up, "a\\xff", "", "b", ".*")', 0)).rejects.toThrow(
      'invalid destination label name in label_replace(): a',
    )
  })
})

test('label_join puts values behind one another', async () => {
  const storage = await storageOf(1_000, ['up{a="1",b="2"} 1'])
  expect(await instant(storage, 'label_join(up, "c", "-", "b", "a")', 0)).toEqual({ 'up{a="1",b="2",c="2-1"}': 1 })
})

test('sort_by_label has numbers in labels by their size', async () => {
  const storage = await storageOf(1_000, ['up{n="a10"} 1', 'up{n="a9"} 2', 'up{n="b"} 3'])
  const features = { experimentalFunctions: true }
  expect(Object.values(await instant(storage, 'sort_by_label(up, "n")', 0, { features }))).toEqual([2, 1, 3])
  expect(Object.values(await instant(storage, 'sort_by_label_desc(up, "n")', 0, { features }))).toEqual([3, 1, 2])
})

test('info gives series the labels of their target', async () => {
  const lines = [
    'requests_total{job="api",instance="1"} 5',
    'target_info{job="api",instance="1",version="1.2",cluster="eu"} 1',
    'target_info{job="api",instance="2",version="1.3"} 1',
  ]
  const storage = await storageOf(1_000, lines)
  const features = { experimentalFunctions: true }
  expect(await instant(storage, 'info(requests_total, {version=~".+"})', 0, { features })).toEqual({
    'requests_total{instance="1",job="api",version="1.2"}': 5,
  })
})
