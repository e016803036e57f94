/** `POST /api/buckets/reread`: reads the list of `openbatch bucket add` again; docs/use/objects.md. */
import { refuse } from '../../../../model/refusal.ts'
import { BucketProblem } from '../../../../objects/served-buckets.ts'
import type { BucketsAnswer } from '../../../../wire/buckets.ts'
import { defineOwnOperation } from '../own-operation.ts'

export const rereadBuckets = defineOwnOperation<Record<string, never>, BucketsAnswer>('RereadBuckets', {
  summary: 'Serves the buckets of `openbatch bucket add` as they are now',
  answers: 'BucketsAnswer',
  method: 'POST',
  path: '/api/buckets/reread',
  async handle(_, { backend }) {
    if (backend.outsideObjects)
      return refuse(
        `No directory is served as a bucket: objects are in the store at ${backend.outsideObjects.endpoint} (objects.outside).`,
      )
    try {
      return await backend.addedBuckets.reread()
    } catch (error) {
      if (error instanceof BucketProblem) return refuse(error.message)
      throw error
    }
  },
})
