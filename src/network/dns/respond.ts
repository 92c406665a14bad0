import type { ClusterZone } from './cluster-zone.ts'
import { datagramBytesMax, NOTHING_TO_SAY, RCODE, readQuery, writeAnswer } from './dns-message.ts'

/** What a message over TCP may have: its length has two bytes. */
export const TCP_BYTES_MAX = 65_535

/** The bytes that answer a query; undefined where nothing may be answered. Never throws for what clients send. */
export function respond(
  bytes: Uint8Array,
  zone: Pick<ClusterZone, 'answer'>,
  transport: 'udp' | 'tcp',
): Uint8Array | undefined {
  const query = readQuery(bytes)
  if (query === undefined) return undefined
  const bytesMax = transport === 'tcp' ? TCP_BYTES_MAX : datagramBytesMax(query)
  const { question, refusal } = query
  if (refusal !== undefined || question === undefined) {
    return writeAnswer(query, { ...NOTHING_TO_SAY, rcode: refusal ?? RCODE.FORMERR }, bytesMax)
  }
  return writeAnswer(query, zone.answer(question), bytesMax)
}
