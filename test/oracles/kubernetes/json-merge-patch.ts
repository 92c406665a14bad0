import type { JsonObject } from '../../../src/api/patch/json-value.ts'
import { applyMergePatch, onlyNulls, threeWayMergePatch, withoutNulls } from '../../../src/api/patch/merge-patch.ts'
import { expectSame, type Oracle } from '../oracle.ts'

export const oracle: Oracle = {
  open:
    () =>
    ({ input, expect }) => {
      const original = input['original'] as JsonObject | undefined
      if (input['op'] === 'keepOrDeleteNulls') {
        expectSame('with null', onlyNulls(original ?? {}), expect['withNull'])
        return expectSame('without null', withoutNulls(original ?? {}), expect['withoutNull'])
      }
      const modified = input['modified'] as JsonObject | undefined
      const current = input['current'] as JsonObject | undefined
      const patch = threeWayMergePatch({ original, modified, current })
      expectSame('patch', patch, expect['patch'])
      expectSame('result', applyMergePatch(current ?? {}, patch), expect['result'])
    },
}
