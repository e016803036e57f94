/** A thread that computes the digests of contents which arrive. */
import { parentPort } from 'node:worker_threads'
import { ContentDigest } from '../content-digest.ts'
import type { DigestStep, DigestStepDone } from './digest-threads.ts'

const contents = new Map<number, ContentDigest>()

parentPort!.on('message', ({ id, kind, bytes, isLast, isDropped }: DigestStep) => {
  const content = contents.get(id) ?? new ContentDigest(kind)
  if (isDropped || isLast) contents.delete(id)
  else contents.set(id, content)
  if (isDropped) return
  if (bytes) content.update(bytes)
  parentPort!.postMessage({ id, ...(isLast && { digests: content.end() }) } satisfies DigestStepDone)
})
