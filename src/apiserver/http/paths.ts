import type { HttpCall } from './http-call.ts'
import { PageNotFound } from './page-not-found.ts'

/** Answers some paths that are no resource; false when the path is not one of them. */
export type PathAnswerer = (call: HttpCall) => boolean | Promise<boolean>

export async function answerPath(call: HttpCall, answerers: readonly PathAnswerer[]): Promise<void> {
  for (const answerer of answerers) {
    if (await answerer(call)) return
  }
  throw new PageNotFound()
}
