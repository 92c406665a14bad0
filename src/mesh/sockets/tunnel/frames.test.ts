import { array, assert, constantFrom, integer, oneof, property, record, string } from 'fast-check'
import { expect, test } from 'vitest'
import { CLOSE, CREDIT, DATA, END, frameHead, FrameParser, NUMBER_MAX, OPEN } from './frames.ts'

const connections = integer({ min: 0, max: 0xff_ff_ff_ff })
const bare = record({
  kind: constantFrom(OPEN, END, CLOSE, CREDIT),
  connection: connections,
  number: integer({ min: 0, max: NUMBER_MAX }),
})
const data = record({ connection: connections, text: string({ maxLength: 40 }) })

test('frames are read as they were written, however their bytes are cut', () => {
  assert(
    property(array(oneof(bare, data)), array(integer({ min: 1, max: 20 })), (frames, cuts) => {
      const written: unknown[] = []
      const read: unknown[] = []
      let all = Buffer.alloc(0)
      for (const frame of frames) {
        if ('text' in frame) {
          const bytes = Buffer.from(frame.text)
          all = Buffer.concat([all, Buffer.from(frameHead(DATA, frame.connection, bytes.length), 'latin1'), bytes])
          for (const byte of bytes) written.push([frame.connection, byte])
        } else {
          all = Buffer.concat([all, Buffer.from(frameHead(frame.kind, frame.connection, frame.number), 'latin1')])
          written.push([frame.kind, frame.connection, frame.number])
        }
      }
      const parser = new FrameParser({
        onFrame: (...frame) => read.push(frame),
        onData(connection, bytes) {
          for (const byte of bytes) read.push([connection, byte])
        },
      })
      for (const cut of cuts) {
        parser.read(all.subarray(0, cut))
        all = all.subarray(cut)
      }
      parser.read(all)
      expect(read).toEqual(written)
    }),
  )
})

test('nothing is told after the reader has stopped it', () => {
  const told: number[] = []
  const parser = new FrameParser({
    onFrame(_kind, connection) {
      told.push(connection)
      parser.stop()
    },
    onData: () => told.push(-1),
  })
  parser.read(Buffer.from(frameHead(OPEN, 1) + frameHead(OPEN, 2) + `${frameHead(DATA, 1, 4)}chai`, 'latin1'))
  expect(told).toEqual([1])
})
