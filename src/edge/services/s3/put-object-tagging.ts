/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html */
import type { Tags } from '../../../objects/tags.ts'
import { readDocument } from './document.ts'
import { anyAsks, requestTagValues } from './request-values.ts'
import { objectArn } from './resource.ts'
import { defineS3Operation, type S3Request } from './s3-operation.ts'
import { readTagSet, tagged } from './tag-set.ts'

/** The body of a request is read once. */
const tagsOf = new WeakMap<S3Request, Promise<Tags>>()

function readTags(request: S3Request): Promise<Tags> {
  const known = tagsOf.get(request)
  if (known) return known
  const reading = readDocument(request, 'Tagging').then(readTagSet)
  tagsOf.set(request, reading)
  return reading
}

function actionOf({ versionId }: S3Request): string {
  return versionId === undefined ? 's3:PutObjectTagging' : 's3:PutObjectVersionTagging'
}

export const putObjectTagging = defineS3Operation('PutObjectTagging', {
  match: { on: 'object', method: 'PUT', query: ['tagging'] },
  versionAction: 'PutObjectVersionTagging',
  isOfObjects: true,
  hasExistingTags: true,
  readAsked(request, context) {
    if (!anyAsks('s3:requestobjecttag', objectArn(request), actionOf(request), context)) return undefined
    return readTags(request).then((tags) => requestTagValues(Object.entries(tags)))
  },
  async handle(request, { backend }) {
    return tagged(await backend.objects.setTags(request, await readTags(request)), 200)
  },
})
