import { array, assert as check, constantFrom, integer, property, string, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DnsAnswer, type DnsQuery, NOTHING_TO_SAY, RCODE, readQuery, writeAnswer } from './dns-message.ts'
import { nameBytes, readName } from './dns-name.ts'
import { DNS_TYPE, type DnsRecord } from './dns-record.ts'
import { respond } from './respond.ts'

const nobody = { answer: (): DnsAnswer => ({ ...NOTHING_TO_SAY, rcode: RCODE.REFUSED }) }

/** A query for `web.shop`, as bytes. */
function query({
  flags = 0x0100,
  name = 'web.shop',
  type = DNS_TYPE.A as number,
  additional = [] as number[],
} = {}): number[] {
  const counts = [0, 1, 0, 0, 0, 0, 0, additional.length > 0 ? 1 : 0]
  return [
    0xab,
    0xcd,
    flags >> 8,
    flags & 0xff,
    ...counts,
    ...nameBytes(name, 12, new Map()),
    0,
    type,
    0,
    1,
    ...additional,
  ]
}

const OPT = [0, 0, DNS_TYPE.OPT, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]

function read(bytes: readonly number[]): DnsQuery | undefined {
  return readQuery(Uint8Array.from(bytes))
}

function flagsOf(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? -1 : ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)
}

describe('a query', () => {
  test('has an id, a question, and the size that its client takes', () => {
    expect(read(query({ additional: OPT }))).toEqual({
      id: 0xabcd,
      opcode: 0,
      recursionDesired: true,
      question: { name: 'web.shop', type: 1, recordClass: 1 },
      edns: { udpBytesMax: 1_232, version: 0 },
    })
  })

  test.each([
    ['shorter than a header', query().slice(0, 11)],
    ['that is an answer', query({ flags: 0x8100 })],
  ])('%s is not answered', (_, bytes) => {
    expect(respond(Uint8Array.from(bytes), nobody, 'udp')).toBeUndefined()
  })

  test.each([
    ['without its end', query().slice(0, -3), RCODE.FORMERR],
    ['of two questions', [...query().slice(0, 5), 2, ...query().slice(6)], RCODE.FORMERR],
    ['whose name points at itself', [...query().slice(0, 12), 0xc0, 12, 0, 1, 0, 1], RCODE.FORMERR],
    ['whose name points forward', [...query().slice(0, 12), 0xc0, 20, 0, 1, 0, 1, 0, 0], RCODE.FORMERR],
    ['with a label of a kind that there is not', [...query().slice(0, 12), 0x80, 1, 0, 1, 0, 1], RCODE.FORMERR],
    ['with an option that breaks off', query({ additional: OPT.slice(0, -1) }), RCODE.FORMERR],
    ['of another kind', query({ flags: 0x2800 }), RCODE.NOTIMP],
    ['of an EDNS to come', query({ additional: [...OPT.slice(0, 6), 1, ...OPT.slice(7)] }), RCODE.BADVERS],
  ])('%s is refused', (_, bytes, rcode) => {
    const answer = respond(Uint8Array.from(bytes), nobody, 'udp')
    expect(answer?.subarray(0, 2)).toEqual(Uint8Array.of(0xab, 0xcd))
    const extended = rcode > 15 ? (answer?.at(-6) ?? 0) << 4 : 0
    expect((flagsOf(answer) & 0xf) | extended).toBe(rcode)
  })
})

test('whatever comes, something sensible is answered or nothing', () => {
  const noise = uint8Array({ maxLength: 600 })
  const bent = array(integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 4 }).chain((values) =>
    integer({ min: 0, max: 30 }).map((at) => {
      const bytes = query({ additional: OPT })
      bytes.splice(at, values.length, ...values)
      return Uint8Array.from(bytes)
    }),
  )
  for (const input of [noise, bent]) {
    check(
      property(input, constantFrom('udp' as const, 'tcp' as const), (bytes, transport) => {
        const answer = respond(bytes, nobody, transport)
        if (answer === undefined) return
        expect(answer.subarray(0, 2)).toEqual(bytes.subarray(0, 2))
        expect(flagsOf(answer) & 0x8000).toBe(0x8000)
        expect(answer.length).toBeLessThanOrEqual(512)
      }),
      { numRuns: 5_000 },
    )
  }
})

test('names are read as they were written, whatever is in them', () => {
  const label = string({ minLength: 1, maxLength: 20, unit: 'binary-ascii' })
  check(
    property(array(label, { maxLength: 8 }), (labels) => {
      const name = labels.map((one) => one.replaceAll(/[\\.]/g, String.raw`\$&`)).join('.')
      const bytes = Uint8Array.from(nameBytes(name, 0, new Map()))
      expect(readName(bytes, 0)).toEqual({ name, end: bytes.length })
    }),
  )
})

test('a name of more than 255 bytes is none', () => {
  const name = Array.from({ length: 5 }, () => 'a'.repeat(60)).join('.')
  expect(readName(Uint8Array.from(nameBytes(name, 0, new Map())), 0)).toBeUndefined()
})

describe('an answer', () => {
  const asked = read(query()) as DnsQuery
  const records = (count: number): DnsRecord[] =>
    Array.from({ length: count }, (_, index) => ({
      name: 'web.shop',
      ttlSeconds: 30,
      data: { type: 'A', address: `10.0.0.${index}` },
    }))

  test('points to names that it has already', () => {
    const bytes = writeAnswer(asked, { ...NOTHING_TO_SAY, rcode: 0, answers: records(1) }, 512)
    expect([...bytes.subarray(26)]).toEqual([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 10, 0, 0, 0])
  })

  test('that does not fit is cut between records, and says so', () => {
    const bytes = writeAnswer(asked, { ...NOTHING_TO_SAY, rcode: 0, answers: records(100) }, 512)
    expect(bytes.length).toBeLessThanOrEqual(512)
    expect(flagsOf(bytes) & 0x0200).toBe(0x0200)
    expect(bytes[7]).toBe(Math.floor((512 - 26) / 16))
  })

  test('that lacks only what nobody asked for does not say so', () => {
    const answer = { ...NOTHING_TO_SAY, rcode: 0, answers: records(30), additional: records(20) }
    expect(flagsOf(writeAnswer(asked, answer, 512)) & 0x0200).toBe(0)
  })
})
