/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
import { ContentChanged } from '../../../objects/content-changed.ts'
import { isObjectRefusal, type ObjectRefusal } from '../../../objects/object-refusal.ts'
import type { ByteRange, OpenObject } from '../../../objects/object-store.ts'
import type { RequestContext } from '../../context.ts'
import { LongContent } from '../../long-content.ts'
import { readConditions } from './conditions.ts'
import { expirationHeader } from './lifecycle-headers.ts'
import { missingToListers, wantedOf, withheld } from './object-answer.ts'
import { defineS3Operation, type S3Answer, type S3Request } from './s3-operation.ts'

export const getObject = defineS3Operation('GetObject', {
  match: { on: 'object', method: 'GET' },
  versionAction: 'GetObjectVersion',
  alsoAsks: ['s3:ListBucket'],
  isOfObjects: true,
  hasExistingTags: true,
  whenRefused: missingToListers,
  async handle(request, context) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await answer(request, context)
      } catch (error) {
        // Another program was writing to the file. A moment later there is one content again.
        if (!(error instanceof ContentChanged) || attempt === mostAttempts) throw error
      }
    }
  },
})

const mostAttempts = 5

async function answer(request: S3Request, context: RequestContext): Promise<S3Answer | ObjectRefusal> {
  const found = await context.backend.objects.open(request, readConditions(request.headers))
  if (isObjectRefusal(found)) return withheld(found, request, context)
  try {
    const { range, httpStatus, headers } = wantedOf(request, found.facts)
    const expiration = expirationHeader(context.backend.objects, request, found.facts)
    return { httpStatus, headers: { ...headers, ...expiration }, body: await contentOf(found, range) }
  } catch (error) {
    await found.close()
    throw error
  }
}

/** Small contents are answered at once, others as their clients read them. */
const smallBytes = 64 * 1024

async function contentOf(object: OpenObject, range: ByteRange | undefined): Promise<Buffer | LongContent> {
  const bytes = range ? range.last - range.first + 1 : object.facts.size
  if (bytes > smallBytes) return new LongContent(object.read(range), () => object.close())
  const content = Buffer.allocUnsafe(bytes)
  let at = 0
  if (bytes > 0)
    for await (const piece of object.read(range)) {
      content.set(piece, at)
      at += piece.length
    }
  await object.close()
  return content
}
