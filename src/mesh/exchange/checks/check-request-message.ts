import { ReverseWriter, VARINT } from '../../../api/protobuf/wire.ts'
import { type CheckedRequest, checkedHeaders, type CheckPeer, type CheckSubject } from './check-subject.ts'

/*
 * CheckRequest of envoy.service.auth.v3 (envoyproxy/envoy api/envoy/service/auth/v3/{external_auth,attribute_context}.proto),
 * in the fields that Envoy fills where Istio configures it. Everything is written in reverse: the last field first.
 */

export function checkRequestMessage(subject: CheckSubject, options: { readonly bodyAsBytes: boolean }): Buffer {
  const writer = new ReverseWriter()
  within(writer, 1, () => {
    // Nothing is known of the request but what is written here: services look whether it was said at all.
    within(writer, 11, () => undefined)
    if (subject.request !== undefined) request(writer, subject.request, options.bodyAsBytes)
    // Who was asked for in TLS is told of bytes only.
    peer(writer, 2, subject.destination, subject.request === undefined ? subject.serverName : '')
    peer(writer, 1, subject.source, '')
  })
  return writer.finish()
}

function peer(writer: ReverseWriter, field: number, { address, port, principal }: CheckPeer, service: string): void {
  within(writer, field, () => {
    text(writer, 4, principal)
    text(writer, 2, service)
    within(writer, 1, () =>
      within(writer, 1, () => {
        number(writer, 3, port)
        text(writer, 2, address)
      }),
    )
  })
}

function request(writer: ReverseWriter, checked: CheckedRequest, bodyAsBytes: boolean): void {
  const { body, version, scheme, authority, target, method, id, receivedMs } = checked
  within(writer, 4, () => {
    within(writer, 2, () => {
      // Bytes that are no text would be no message.
      if (body !== undefined && bodyAsBytes) bytes(writer, 12, body.bytes)
      if (body !== undefined && !bodyAsBytes) text(writer, 11, body.bytes.toString())
      text(writer, 10, version)
      number(writer, 9, body?.totalBytes ?? 0)
      text(writer, 6, scheme)
      text(writer, 5, authority)
      text(writer, 4, target)
      for (const [name, value] of [...checkedHeaders(checked)].toReversed()) {
        within(writer, 3, () => {
          text(writer, 2, value)
          text(writer, 1, name)
        })
      }
      text(writer, 2, method)
      text(writer, 1, id)
    })
    within(writer, 1, () => {
      number(writer, 2, Math.round((receivedMs % 1_000) * 1_000_000))
      number(writer, 1, Math.floor(receivedMs / 1_000))
    })
  })
}

function within(writer: ReverseWriter, field: number, write: () => void): void {
  const before = writer.sizeBytes
  write()
  writer.lengthAndTag(field, before)
}

/** What is empty is not written, as everywhere in these messages. */
function text(writer: ReverseWriter, field: number, value: string): void {
  if (value !== '') bytes(writer, field, Buffer.from(value))
}

function bytes(writer: ReverseWriter, field: number, value: Uint8Array): void {
  within(writer, field, () => writer.raw(value))
}

function number(writer: ReverseWriter, field: number, value: number): void {
  if (value === 0) return
  writer.varint(value)
  writer.tag(field, VARINT)
}
