/** A thread that computes the digests of contents which arrive. */
import { parentPort } from 'node:worker_threads'
import { ContentDigest } from '../content-digest.ts'
import type { DigestStep, DigestStepDone } from './digest-threads.ts'

const contents = new Map<number, ContentDigest>()

parentPort!.on('message', ({ id, kind, bytes, isDropped }: DigestStep) => {
  if (isDropped) {
    contents.delete(id)
    return
  }
  const content = contents.get(id) ?? new ContentDigest(kind)
  if (bytes) {
    contents.set(id, content)
    content.update(bytes)
    parentPort!.postMessage({ id } satisfies DigestStepDone)
  } else {
    contents.delete(id)
    parentPort!.postMessage({ id, digests: content.end() } satisfies DigestStepDone)
  }
})
